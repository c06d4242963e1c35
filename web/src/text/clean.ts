/** Text of other people, made harmless to read. What was there stays visible as a sign; nothing is silently dropped. */

const SIGN = "\uFFFD";

// Control characters except line feed; bidirectional overrides, isolates and marks; line and paragraph separators; byte-order
// mark; invisible fillers and operators; tag characters; lone surrogates. Joiners (U+200C, U+200D) stay: scripts need them.
const UNSEEN =
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]|\p{Surrogate}/gu;

// A stack of accents grows over the lines above and below it.
const STACKED_MARKS = /(\p{M}{3})\p{M}+/gu;

export const TEXT_CHARS_MAX = 2_000;

/** One line of text: line feeds become spaces. */
export function clean(text: string, charsMax: number = TEXT_CHARS_MAX): string {
  return cleanLines(text, charsMax).replace(/\n/g, " ");
}

/** As `clean`, with the line feeds kept. */
export function cleanLines(text: string, charsMax: number = TEXT_CHARS_MAX): string {
  const readable = text
    .replace(/\r\n?/g, "\n")
    .replace(/\t/g, " ")
    .replace(UNSEEN, SIGN)
    .replace(STACKED_MARKS, "$1");
  return cut(readable, charsMax);
}

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  // A character is at most two units: two more units than needed tell whether there is a further one.
  const chars = [...text.slice(0, 2 * charsMax + 2)];
  return chars.length <= charsMax ? text : chars.slice(0, charsMax).join("") + "…";
}
