/** The pieces of a previewed file as lines, for a screen. */
import type { HiddenValue } from './contract/HiddenValue';
import type { PreviewedPart } from './contract/PreviewedPart';

export interface Piece {
  text: string;
  hidden: HiddenValue | null;
}
export interface Line {
  pieces: Piece[];
  /** It is a person's comment. */
  comment: boolean;
}

/** Lines without their ends. The end of the last line makes no empty one. */
export function lines_of(parts: readonly PreviewedPart[]): Line[] {
  const lines: Piece[][] = [[]];
  for (const part of parts) {
    if (part.hidden) {
      lines.at(-1)?.push({ text: '', hidden: part.hidden });
      continue;
    }
    part.text.split('\n').forEach((text, at) => {
      if (at > 0) {
        lines.push([]);
      }
      if (text !== '') {
        lines.at(-1)?.push({ text, hidden: null });
      }
    });
  }
  if (lines.at(-1)?.length === 0) {
    lines.pop();
  }
  return lines.map((pieces) => ({ pieces, comment: /^\s*(#|<!--)/.test(pieces[0]?.text ?? '') }));
}
