/** A list that keeps its elements: each item has one by its key, made once and then updated. */

export interface Row<T> {
  element: HTMLElement;
  update: (item: T) => void;
}

export class KeyedList<T> {
  private rows = new Map<string, Row<T>>();

  constructor(
    private readonly container: HTMLElement,
    private readonly keyOf: (item: T) => string,
    private readonly create: (item: T) => Row<T>,
  ) {}

  update(items: readonly T[]): void {
    const focused = document.activeElement;
    const kept = new Map<string, Row<T>>();
    let place: Element | null = this.container.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      const row = this.rows.get(key) ?? this.create(item);
      row.update(item);
      kept.set(key, row);
      if (row.element === place) place = place.nextElementSibling;
      else this.container.insertBefore(row.element, place);
    }
    for (const [key, row] of this.rows) if (!kept.has(key)) row.element.remove();
    this.rows = kept;
    // Moving an element takes its focus away.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.container.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  get(key: string): Row<T> | undefined {
    return this.rows.get(key);
  }
}
