// Gives the page another language and theme, in place, and waits until it is drawn so.
//
// arguments: language, theme ('light', 'dark', 'forced'), width and zoom that the window was given, done
const [language, theme, width, zoom, done] = arguments;
const root = document.documentElement;

// The styles for forced colours answer to a media feature that WebKitGTK never has: they are told to answer always.
window.forcedColours ??= [...document.styleSheets].flatMap(function rules_of(sheet) {
  return [...sheet.cssRules].flatMap((rule) => [
    ...(rule instanceof CSSMediaRule && rule.media.mediaText.includes('forced-colors') ? [rule] : []),
    ...(rule.cssRules ? rules_of(rule) : []),
  ]);
});
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
  requestAnimationFrame(() => done(Math.abs(innerWidth * zoom - width) < 3 && (!select || root.lang === language)));
};
const wait = () => {
  if (Math.abs(innerWidth * zoom - width) < 3 || performance.now() - began > 3000) requestAnimationFrame(settled);
  else requestAnimationFrame(wait);
};
wait();
