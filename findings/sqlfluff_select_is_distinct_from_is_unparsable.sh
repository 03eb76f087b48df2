#!/usr/bin/env bash
# sqlfluff 4.5.0, dialect duckdb: IS [NOT] DISTINCT FROM does not parse in a select list.
#
# Expected: `select a is distinct from b as x from t` is valid DuckDB and standard SQL. It parses like `a = b as x`, and
#   like the same comparison in a where clause.
# Seen: "Found unparsable section: 'is distinct'" and "Found unparsable section: 'from t'" (PRS, exit code 1): the FROM of
#   the operator is taken for the from clause. In a where clause or in parentheses the same words parse, and in the
#   dialects ansi, snowflake and sparksql everywhere; postgres and redshift fail alike. The open issue
#   sqlfluff/sqlfluff #3284 (2022, postgres) has the same message.
# Versions: sqlfluff 4.5.0, with and without the extra `rs`; duckdb 2.0.0; Python 3.11.
# Why it matters: it is how a null-safe change from one version to the next is written (`a is distinct from lag(a) over
#   versions as is_changed`), and a lint step refuses correct SQL. Put the comparison in parentheses, as
#   int_change_revised and the macro day_spans do.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlfluff==4.5.0 duckdb==2.0.0
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import duckdb
from sqlfluff.core import Linter

print("sqlfluff", version("sqlfluff"), "duckdb", version("duckdb"))
statements = {
    "select list": "select a is distinct from b as x from t\n",
    "select list, negated": "select a is not distinct from b as x from t\n",
    "select list, in parentheses": "select (a is distinct from b) as x from t\n",
    "where clause": "select a from t where a is distinct from b\n",
    "select list, equality": "select a = b as x from t\n",
}
database = duckdb.connect()
database.execute("create table t as select 1 as a, 2 as b")
linter = Linter(dialect="duckdb")
outcomes = {}
for name, statement in statements.items():
    rows = database.execute(statement).fetchall()
    faults = [fault.desc().split(". Expected")[0] for fault in linter.parse_string(statement).violations]
    outcomes[name] = not faults
    print(f"{name}: duckdb answers {rows}; sqlfluff: {'; '.join(faults) or 'parses'}")
assert outcomes == {
    "select list": False,
    "select list, negated": False,
    "select list, in parentheses": True,
    "where clause": True,
    "select list, equality": True,
}, "the behaviour has changed"
PYTHON
