/** A table with a title, a count, and a word for when it is empty. */

import { type Child, h, setHidden, setText } from "../dom/h";

export type Cells = { cells: Child[]; state?: string; testid?: string };

export class OpsTable {
  private readonly body = h("tbody", {});
  private readonly title: HTMLElement;
  private readonly scroller: HTMLElement;
  private readonly none: HTMLElement;
  readonly element: HTMLElement;

  constructor(private readonly name: string, private readonly columns: readonly string[], id: string, nothing: string, tools?: HTMLElement) {
    this.title = h("h2", { id: `${id}-title` }, name);
    this.none = h("p", { class: "feed-empty" }, nothing);
    this.scroller = h("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": `${name}, the rows` },
      h("table", {}, h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, column)))), this.body));
    this.element = h("section", { class: "panel ops-panel", "data-testid": id, "aria-labelledby": `${id}-title` },
      h("header", { class: "panel-head" }, this.title, tools), this.none, this.scroller);
  }

  update(rows: readonly Cells[], all: number = rows.length): void {
    setText(this.title, all === rows.length ? `${this.name} (${all})` : `${this.name} (${rows.length} of ${all})`);
    setHidden(this.none, rows.length > 0);
    setHidden(this.scroller, rows.length === 0);
    const made = rows.map((row) =>
      h("tr", { "data-state": row.state, "data-testid": row.testid },
        ...row.cells.map((cell, i) => h(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : { "data-column": this.columns[i] }, cell))));
    patch(this.body, made);
  }
}

/** Puts in only what differs, so that a focused link keeps its focus. */
function patch(parent: Element, wanted: readonly Element[]): void {
  wanted.forEach((element, i) => {
    const there = parent.children[i];
    if (there === undefined) parent.append(element);
    else if (there.isEqualNode(element)) return;
    else if (there.tagName === "TR" && there.children.length === element.children.length) {
      for (const { name, value } of element.attributes) there.setAttribute(name, value);
      patch(there, [...element.children]);
    } else there.replaceWith(element);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild?.remove();
}
