/** Where a page begins: its heading takes the focus, so that the next Tab and the screen reader start there. */

/** For `{@attach arrive}` on a heading with `tabindex="-1"`. */
export function arrive(heading: HTMLElement): void {
  heading.focus({ preventScroll: true });
}
