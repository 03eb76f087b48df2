// Draws every figure.chart from the spec in its data block. Nothing is evaluated: Vega's interpreter walks the tree of
// each expression, so the page's policy needs no exception.
"use strict";
(() => {
  const colour = (figure, name) => {
    const probe = document.createElement("i");
    probe.className = `ink-${name}`;
    figure.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const config = (figure, isNarrow) => {
    const [ink, soft, line] = ["text", "soft", "line"].map((name) => colour(figure, name));
    return {
      aria: false,
      background: null,
      font: getComputedStyle(figure).fontFamily,
      view: { stroke: null },
      range: { category: [1, 2, 3, 4, 5, 6, 7].map((name) => colour(figure, name)) },
      axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: line, tickColor: line, titleFontWeight: 500 },
      axisX: { grid: false, labelOverlap: true },
      axisY: { labelLimit: isNarrow ? 110 : 240 },
      legend: { labelColor: ink, orient: "bottom", columns: isNarrow ? 1 : 4, labelLimit: 240, symbolStrokeWidth: 2 },
    };
  };
  const drawn = new WeakMap();
  const draw = async (figure) => {
    const plot = figure.querySelector(".plot");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const width = Math.floor(figure.clientWidth);
    if (width < 40) return;
    const looks = { width, autosize: { type: "fit", contains: "padding" }, config: config(figure, width < 480) };
    const made = vega.parse(vegaLite.compile({ ...spec, ...looks }).spec, null, { ast: true });
    drawn.get(figure)?.finalize();
    plot.replaceChildren();
    const view = new vega.View(made, { expr: vegaInterpreter.expressionInterpreter, renderer: "svg", container: plot });
    drawn.set(figure, view);
    await view.runAsync();
    plot.querySelector("svg").setAttribute("aria-hidden", "true"); // the plot has a name, and its table all it shows
    figure.dataset.drawn = "yes";
  };
  const figures = document.querySelectorAll("figure.chart");
  const all = () => figures.forEach(draw);
  let width = 0;
  new ResizeObserver(() => {
    if (document.documentElement.clientWidth === width) return;
    width = document.documentElement.clientWidth;
    all();
  }).observe(document.documentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new MutationObserver(all).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
