// Gives the page another language and theme, in place, and waits until it is drawn so.
//
// arguments: language, theme ('light', 'dark', 'forced'), width and zoom that the window was given, done
const [language, theme, width, zoom, done] = arguments;
const root = document.documentElement;

// The styles for forced colours answer to a media feature that WebKitGTK never has: they are told to answer always.
// Styles that came with a page that was shown since are among them, too.
window.forcedColours ??= new Set();
(function find(sheets) {
  for (const rule of [...sheets].flatMap((sheet) => [...(sheet.cssRules ?? [])])) {
    if (rule instanceof CSSMediaRule && rule.media.mediaText.includes('forced-colors')) window.forcedColours.add(rule);
    find([rule]);
  }
})(document.styleSheets);
for (const rule of window.forcedColours) rule.media.mediaText = theme === 'forced' ? 'all' : '(forced-colors: active)';
root.dataset.theme = theme === 'light' ? 'light' : 'dark';

const select = document.querySelector('#language');
if (select && root.lang !== language) {
  if (![...select.options].some((one) => one.value === language)) {
    const option = document.createElement('option');
    option.value = language;
    select.append(option);
  }
  select.value = language;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

const began = performance.now();
const ends = (animation) => animation.effect.getComputedTiming().endTime < 5000;
const settled = () => {
  for (const animation of document.getAnimations()) if (ends(animation)) animation.finish();
  // What the stop is about, where that is further down the page.
  if (window.lookAt) document.querySelector(`[data-testid='${window.lookAt}'], #${window.lookAt}`)?.scrollIntoView({ block: 'center' });
  requestAnimationFrame(() => done(Math.abs(innerWidth * zoom - width) < 3 && (!select || root.lang === language)));
};
const wait = () => {
  if (Math.abs(innerWidth * zoom - width) < 3 || performance.now() - began > 3000) requestAnimationFrame(settled);
  else requestAnimationFrame(wait);
};
wait();
