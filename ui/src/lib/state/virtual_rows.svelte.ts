/**
 * Which rows of a long list are drawn: those in view and a few around, from TanStack's core. All rows have one height.
 *
 * Its Svelte adapter hands out stores and style attributes; the window has runes, and a policy without style attributes.
 */
import { defaultRangeExtractor, elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem } from '@tanstack/virtual-core';

export interface ListShape {
  count: number;
  /** Height of a row, in pixels. */
  row: number;
  /** Height of what stands above the rows and stays in view, in pixels. */
  head: number;
  /** A row that is drawn wherever it is: the one that has the focus. */
  keep: number;
}

const AROUND = 8;

export class VirtualRows {
  items = $state.raw<VirtualItem[]>([]);
  height = $state(0);
  #virtualizer: Virtualizer<HTMLElement, HTMLElement> | null = null;
  #shape: ListShape = { count: 0, row: 32, head: 36, keep: -1 };
  #scroller: HTMLElement | null = null;

  /** Begins; call what comes back to end. */
  mount(scroller: HTMLElement): () => void {
    this.#scroller = scroller;
    this.#virtualizer = new Virtualizer(this.#options());
    const end = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#draw();
    return () => {
      end();
      this.#virtualizer = null;
    };
  }

  /** Takes up a change of the list. */
  shape(shape: ListShape): void {
    const resized = shape.row !== this.#shape.row;
    this.#shape = shape;
    const virtualizer = this.#virtualizer;
    if (virtualizer) {
      virtualizer.setOptions(this.#options());
      if (resized) {
        virtualizer.measure();
      }
      virtualizer._willUpdate();
      this.#draw();
    }
  }

  /** Brings a row into view, moving no further than it takes. */
  show(index: number): void {
    this.#virtualizer?.scrollToIndex(index, { align: 'auto' });
  }

  /** Rows that fit into the view. */
  get fitting(): number {
    const height = (this.#scroller?.clientHeight ?? 0) - this.#shape.head;
    return Math.max(1, Math.floor(height / this.#shape.row));
  }

  #options() {
    const { count, row, head, keep } = this.#shape;
    return {
      count,
      estimateSize: () => row,
      paddingStart: head,
      scrollPaddingStart: head,
      overscan: AROUND,
      getScrollElement: () => this.#scroller,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const drawn = defaultRangeExtractor(range);
        return keep < 0 || keep >= count || drawn.includes(keep) ? drawn : [...drawn, keep].sort((a, b) => a - b);
      },
      onChange: () => this.#draw(),
    };
  }

  #draw(): void {
    if (this.#virtualizer) {
      this.items = this.#virtualizer.getVirtualItems();
      this.height = this.#virtualizer.getTotalSize();
    }
  }
}
