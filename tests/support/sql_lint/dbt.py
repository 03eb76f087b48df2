"""What our macros ask of dbt's own, as sqlfluff needs it to render them: SQL of the right shape that is never run."""


def type_string() -> str:
    return "varchar"


def type_timestamp() -> str:
    return "timestamp"


def type_int() -> str:
    return "integer"


def type_float() -> str:
    return "double"


def dateadd(part: str, number: object, day: object) -> str:
    return f"date_add({day}, interval ({number}) {part})"


def datediff(start: object, end: object, part: str) -> str:
    return f"date_diff('{part}', {start}, {end})"


def date_trunc(part: str, day: object) -> str:
    return f"date_trunc('{part}', {day})"


def last_day(day: object, part: str) -> str:
    return f"last_day(date_trunc('{part}', {day}))"


def listagg(measure: object, delimiter: str, order: str) -> str:
    return f"string_agg({measure}, {delimiter} {order})"


def generate_series(last: int) -> str:
    return f"select unnest(range(1, {last} + 1)) as generated_number"
