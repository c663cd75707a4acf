/**
 * For `page.evaluate`: the texts on the page whose contrast with what is behind them is below 4.5:1 (WCAG 2.2, 1.4.3;
 * the formula is that of its definition of relative luminance).
 */
export const FAINT_TEXTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? groundOf(element.parentElement) : color;
  };
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '');
  const contrast = (element) => {
    const pair = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  return [...document.querySelectorAll('body *')]
    .filter((element) => hasText(element) && contrast(element) < 4.5)
    .map((element) => element.tagName + ' ' + element.textContent.trim() + ' ' + contrast(element).toFixed(2));
})()`;
