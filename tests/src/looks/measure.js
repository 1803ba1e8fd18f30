// Measures what is on screen, in the page itself: text that is cut, spills, overlaps, wraps badly or is not translated.
// Answers with one line for each fault. It changes nothing.
//
// arguments: pseudo (whether the page speaks the pseudo-language), values (text that is nobody's to translate)
const [pseudo, values] = arguments;

const MARKED = /[áƀçðéĝĥíĵķļñóŕšţúŵýžÁÇÐÉĜĤÍĶĻÑÓŔŠŢÚŴÝŽ⟦⟧]/;
const HAN = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/;
// Addresses, files, ids and what is shortened with dots.
const ID = /\S*[@\/\\.:…]\S+|\S+…|\b[0-9a-f]{4,}(?:-[0-9a-f]{4,})*\b/g;
// What Intl writes.
const WRITTEN_BY_INTL = /\b[A-Z][a-z]{2} \d{1,2}(?:, \d{4})?\b|\b\d{1,2} [A-Z][a-z]{2,3}(?: \d{4})?\b|\b[A-Z][a-z]{2}\b(?=$)|\b(?:in )?[\d,.]+ (?:day|hour|minute|second|month|year|week)s?(?: ago)?\b|\b(?:today|tomorrow|yesterday|now)\b|[\d.,]+ ?(?:bytes?|kB|MB|GB|ms|secs?|mins?|hrs?|[smhd])\b/g;
const UNTRANSLATED_BY_NATURE = 'code, kbd, samp, pre, .mono, [translate="no"], select, script, style, .brand, .seal, body [lang]';
const SCROLLS_SIDEWAYS = '.tablewrap, pre, [data-scrolls]';
const SHORT_TEXT = '.btn, .badge, .tag, .chip, th, h1, h2, h3, [role="tab"]';

const root = document.querySelector('[role="alertdialog"], [role="dialog"]') ?? document.body;
const faults = new Set();

function name(element) {
  const known = element.closest('[data-testid], [id]');
  const own = element.tagName.toLowerCase() + [...element.classList].slice(0, 2).map((one) => `.${one}`).join('');
  const at = known && known !== element ? `#${known.dataset.testid ?? known.id} ` : known ? `#${known.dataset.testid ?? known.id} ` : '';
  return at + own;
}
function fault(kind, element, text = '') {
  faults.add(`${kind}: ${name(element)} “${text.trim().replace(/\s+/g, ' ').slice(0, 60)}”`);
}

const styles = new Map();
function style(element) {
  if (!styles.has(element)) styles.set(element, getComputedStyle(element));
  return styles.get(element);
}
const scrolls = (element) => /auto|scroll/.test(style(element).overflowX + style(element).overflowY);
// Text for screen readers alone is there and takes no room, by whatever rule.
const hidden = new Map();
function unseen(element) {
  if (!element || element === document.body) return false;
  if (!hidden.has(element)) {
    const looks = style(element);
    const aside = element.matches('.sr, .skip, .sprite') || (looks.position === 'absolute' && looks.clipPath !== 'none');
    hidden.set(element, aside || unseen(element.parentElement));
  }
  return hidden.get(element);
}

const texts = [];
const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const parent = node.parentElement;
  if (node.data.trim() === '' || !parent || parent.closest('script, style, option, template')) continue;
  if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
  texts.push({ node, parent });
}

// ---- cut and spilled text
const lines = [];
for (const { node, parent } of texts) {
  if (unseen(parent)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const rects = [...range.getClientRects()].filter((rect) => rect.width > 0.5 && rect.height > 0.5);
  if (rects.length === 0) continue;
  const left = Math.min(...rects.map((rect) => rect.left));
  const right = Math.max(...rects.map((rect) => rect.right));
  const top = Math.min(...rects.map((rect) => rect.top));
  const bottom = Math.max(...rects.map((rect) => rect.bottom));
  let scroller = null;
  for (let box = parent; box && box !== document.documentElement; box = box.parentElement) {
    const looks = style(box);
    if (looks.display === 'inline' || looks.display === 'contents') continue;
    const rect = box.getBoundingClientRect();
    // A drawing may let its text stand out; the box around it may not.
    if (box instanceof SVGElement && (box.tagName !== 'svg' || looks.overflow === 'visible')) continue;
    const wide = left < rect.left - 1.5 || right > rect.right + 1.5;
    if (scrolls(box)) {
      if (wide && !box.matches(SCROLLS_SIDEWAYS) && box.scrollWidth > box.clientWidth + 1) fault('out of the page sideways', parent, node.data);
      scroller = box;
      break;
    }
    const hides = /hidden|clip/.test(looks.overflowX + looks.overflowY);
    if (wide && looks.textOverflow === 'ellipsis' && hides) {
      if (!box.closest('[title], .mini') && !parent.closest('[title]')) fault('cut with dots and nowhere whole', parent, node.data);
      scroller = box;
      break;
    }
    // A mark at the end of a plot stands out by half its size, which is how it is drawn.
    if (wide && (hides || !(parent instanceof SVGElement))) {
      fault(hides ? 'cut' : 'spills out of its box', parent, node.data);
      break;
    }
    if (hides && box !== document.body && !box.matches('.window') && (bottom > rect.bottom + 6 || top < rect.top - 6)) {
      fault('cut above or below', parent, node.data);
      break;
    }
    if (looks.position === 'absolute' || looks.position === 'fixed') break;
  }
  const inside = (() => {
    for (let box = parent; box; box = box.parentElement) if (scrolls(box)) return box;
    return null;
  })();
  // Rows pass below a heading that stays.
  if (parent.closest('th') && style(parent.closest('th')).position === 'sticky') continue;
  if (!scroller || scroller === inside) for (const rect of rects) lines.push({ rect, parent, node, inside });
}
if (document.scrollingElement.scrollWidth > innerWidth + 1) {
  const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.sr, .skip'));
  fault('the page scrolls sideways', wide.at(-1) ?? document.body, `${wide.at(-1)?.textContent ?? ''}`);
}
for (const box of root.querySelectorAll('.work__main, .work__side, .dialog')) {
  if (box.scrollWidth > box.clientWidth + 1) fault('scrolls sideways', box, `${box.scrollWidth} > ${box.clientWidth}`);
}

// ---- text over text, controls over controls
for (let one = 0; one < lines.length; one += 1) {
  const a = lines[one];
  const tall = a.rect.height / 4;
  for (let other = one + 1; other < lines.length; other += 1) {
    const b = lines[other];
    if (a.node === b.node || a.inside !== b.inside) continue;
    const across = Math.min(a.rect.right, b.rect.right) - Math.max(a.rect.left, b.rect.left);
    const down = Math.min(a.rect.bottom - tall, b.rect.bottom - b.rect.height / 4) - Math.max(a.rect.top + tall, b.rect.top + b.rect.height / 4);
    if (across > 1.5 && down > 1) fault('text over text', a.parent, `${a.node.data.trim().slice(0, 28)} / ${b.node.data.trim().slice(0, 28)}`);
  }
}
const controls = [...root.querySelectorAll('button, a[href], input, select, textarea, summary')].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !unseen(one));
const areas = controls.map((one) => one.getBoundingClientRect());
for (let one = 0; one < controls.length; one += 1) {
  for (let other = one + 1; other < controls.length; other += 1) {
    if (controls[one].contains(controls[other]) || controls[other].contains(controls[one])) continue;
    const [a, b] = [areas[one], areas[other]];
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5) {
      const inside = (e) => e.closest('.work__main, .work__side') ?? null;
      if (inside(controls[one]) === inside(controls[other]) && !controls[one].closest('.secret, .affix')) fault('control over control', controls[one], name(controls[other]));
    }
  }
}
const pen = document.createElement('canvas').getContext('2d');
for (const select of root.querySelectorAll('select')) {
  if (!select.checkVisibility()) continue;
  const looks = style(select);
  pen.font = `${looks.fontWeight} ${looks.fontSize} ${looks.fontFamily}`;
  const needs = pen.measureText(select.selectedOptions[0]?.textContent?.trim() ?? '').width + parseFloat(looks.paddingLeft) + parseFloat(looks.paddingRight);
  if (needs > select.getBoundingClientRect().width + 1.5) fault('cut choice', select, select.selectedOptions[0]?.textContent ?? '');
}

for (const field of root.querySelectorAll('input[placeholder]')) {
  if (!field.checkVisibility() || field.value !== '' || !/\s/.test(field.placeholder.trim()) || field.matches('.input--mono')) continue;
  const looks = style(field);
  pen.font = `${looks.fontWeight} ${looks.fontSize} ${looks.fontFamily}`;
  const room = field.clientWidth - parseFloat(looks.paddingLeft) - parseFloat(looks.paddingRight);
  if (pen.measureText(field.placeholder).width > room + 1.5) fault('cut placeholder', field, field.placeholder);
}
for (const step of root.querySelectorAll('[aria-current="step"] .step__t')) {
  if (step.scrollWidth > step.clientWidth + 1) fault('the step on screen is cut', step, step.textContent);
}

// ---- bad wraps
function wraps({ node, parent }) {
  const range = document.createRange();
  const at = (index) => {
    range.setStart(node, index);
    range.setEnd(node, index + 1);
    // Where a line begins, the end of the one before belongs to the range, too.
    const rects = [...range.getClientRects()];
    return rects.findLast((rect) => rect.width > 0) ?? rects.at(-1) ?? range.getBoundingClientRect();
  };
  let block = parent;
  while (block && /^(inline|contents)$/.test(style(block).display)) block = block.parentElement;
  if (!block) return;
  const looks = style(block);
  const room = block.clientWidth - parseFloat(looks.paddingLeft) - parseFloat(looks.paddingRight);
  for (const token of node.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
    if (HAN.test(token[0])) continue;
    const first = at(token.index);
    const last = at(token.index + token[0].length - 1);
    if (last.top - first.top > first.height / 2) {
      // What holds together without a space may be wider than the line: then it has to be broken somewhere.
      let [from, to, width] = [token.index, token.index + token[0].length, 0];
      while (from > 0 && /\S/.test(node.data[from - 1]) && !HAN.test(node.data[from - 1])) from -= 1;
      while (to < node.data.length && /\S/.test(node.data[to]) && !HAN.test(node.data[to])) to += 1;
      for (let index = from; index < to; index += 1) width += at(index).width;
      if (width < room - 1) fault('a word is broken', parent, `${token[0]} in ${node.data}`);
    }
  }
  const short = parent.closest(SHORT_TEXT);
  const text = node.data.trimEnd();
  if (short && text.length > 1 && parent.closest('button, .badge, th, h1, h2, h3, .tag') && HAN.test(text.at(-1))) {
    const last = at(text.length - 1);
    const before = at(text.length - 2);
    if (last.top - before.top > last.height / 2) fault('one character alone on its line', parent, text);
  }
}
for (const text of texts) {
  if (unseen(text.parent) || text.parent instanceof SVGElement) continue;
  const range = document.createRange();
  range.selectNodeContents(text.node);
  const rects = range.getClientRects();
  if (rects.length > 1 && text.node.data.length < 1200) wraps(text);
}

// ---- untranslated
if (pseudo) {
  const allowed = [...values].sort((a, b) => b.length - a.length);
  const foreign = (text) => {
    if (MARKED.test(text)) return false;
    const without_values = (given) => allowed.reduce((rest, value) => rest.split(value).join(' '), given);
    const without_ids = (given) => given.replace(WRITTEN_BY_INTL, ' ').replace(ID, ' ');
    // A name can hold what looks like an id, and an address a name.
    return [without_ids(without_values(text)), without_values(without_ids(text))].every((rest) => /\p{L}{2,}/u.test(rest));
  };
  for (const { node, parent } of texts) {
    if (parent.closest(UNTRANSLATED_BY_NATURE) || !foreign(node.data)) continue;
    fault('not translated', parent, node.data);
  }
  for (const element of root.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest(UNTRANSLATED_BY_NATURE) || !element.checkVisibility()) continue;
    for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) {
      const text = element.getAttribute(attribute) ?? '';
      if (attribute === 'title' && text === element.textContent.trim()) continue;
      if (attribute === 'placeholder' && !/\s/.test(text.trim())) continue;
      if (foreign(text)) fault(`${attribute} not translated`, element, text);
    }
  }
}
return [...faults];
