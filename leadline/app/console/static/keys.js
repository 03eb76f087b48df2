// The keyboard: j/k move, Enter opens, t/c/d/s/o/g/u act, / searches, b goes back, ? helps.
"use strict";
(() => {
  const ACTIONS = "tcdsogu";
  const typing = (element) =>
    element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])") || element.isContentEditable;
  const rows = () => [...document.querySelectorAll("tr[data-href]")];
  const here = () => document.querySelector("tr[data-href][aria-selected=true]");

  const select = (row) => {
    here()?.removeAttribute("aria-selected");
    if (!row) return;
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const all = rows();
    const at = all.indexOf(here()) + step;
    document.activeElement.blur(); // Enter opens the row that is marked, not a link that a Tab had reached
    if (at >= all.length) document.querySelector("tr.more a")?.click();
    else select(all[Math.max(at, 0)]);
  };
  const open = (hash) => {
    const row = here();
    if (row) location.assign(row.dataset.href + hash);
  };
  // Open the panel of a decision with its first reason chosen, or take at once.
  const act = (key) => {
    const target = document.getElementById(`act-${key}`);
    if (!target) return false;
    if (target.matches("form")) target.requestSubmit();
    else {
      target.open = true;
      target.querySelector("input[type=radio]:checked, input[name=to]")?.focus();
    }
    return true;
  };
  const search = () => document.getElementById("q") || document.getElementById("find");
  const help = () => document.getElementById("help")?.showModal();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const focused = document.activeElement || document.body;
    if (event.key === "Escape") {
      document.querySelectorAll("details.act[open]").forEach((panel) => (panel.open = false));
      focused.blur();
      return;
    }
    if (event.key === "Enter" && focused.id === "q") {
      // What was found stays; the keys of the list are next.
      event.preventDefault();
      focused.form.requestSubmit();
      focused.blur();
      return;
    }
    if (typing(focused)) return;
    const key = event.key;
    if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
    else if (key === "Enter" && focused === document.body) open("");
    else if (key === "/" && search()) search().focus();
    else if (key === "?") help();
    else if (key === "b" && document.getElementById("back")) document.getElementById("back").click();
    else if (ACTIONS.includes(key) && key.length === 1) {
      if (!act(key) && key !== "u") open(`#act-${key}`);
    } else return;
    if (key !== "Enter" || focused === document.body) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("tr[data-href]");
    if (row && !event.target.closest("a")) {
      select(row);
      open("");
    }
  });
  // Rows that came later: keep the selection where it was, else at the first new one.
  document.addEventListener("htmx:afterSettle", () => {
    if (!here()) select(rows()[0]);
  });
  const start = () => {
    select(rows()[0]);
    document.getElementById("help-open")?.addEventListener("click", help);
    const asked = /^#act-([tcdsog])$/.exec(location.hash);
    if (asked) {
      history.replaceState(null, "", location.pathname + location.search);
      act(asked[1]);
    }
  };
  start();
})();
