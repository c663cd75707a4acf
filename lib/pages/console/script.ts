import { createHash } from 'node:crypto';

/**
 * What is better with scripts, and complete without: times in the reader's zone, buttons that copy, a form that is sent
 * once, and what waits looked at again each minute. One classic script, so that its hash is all that is allowed.
 */
export const SCRIPT = `(() => {
'use strict';
const all = (root, query) => [...root.querySelectorAll(query)];
const UNITS = [['day', 864e5], ['hour', 36e5], ['minute', 6e4]];
const near = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
function relative(at) {
  const left = at - (performance.timeOrigin + performance.now());
  const [unit, size] = UNITS.find((u) => Math.abs(left) >= u[1]) || UNITS[2];
  return near.format(Math.trunc(left / size), unit);
}
const whole = (words) => words.replace(/ /g, '\\u00a0');
function times(root) {
  for (const time of all(root, 'time[datetime]')) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at) || time.closest('.exact')) continue;
    if (!time.title) time.title = time.textContent;
    time.textContent = whole(exact.format(at)) + ' ' + whole('(' + relative(at) + ')');
  }
}
function copies(root) {
  if (!navigator.clipboard) return;
  for (const source of all(root, '[data-copy]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy ' + source.dataset.copy);
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = 'Copied';
      say('Copied ' + source.dataset.copy);
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    source.after(' ', button);
    delete source.dataset.copy;
  }
}
const status = document.getElementById('status');
function say(text) { if (status) status.textContent = text; }
function enhance(root) { times(root); copies(root); }
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  form.setAttribute('aria-busy', 'true');
});
addEventListener('pageshow', () => {
  for (const form of all(document, 'form[data-sent]')) { delete form.dataset.sent; form.removeAttribute('aria-busy'); }
});
async function refresh(part) {
  if (document.hidden || part.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-countersign-refresh': '1' } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(part.id);
  if (!next) return;
  enhance(next);
  if (next.textContent !== part.textContent) { part.replaceChildren(...next.childNodes); say('The list was updated.'); }
}
for (const part of all(document, '[data-refresh][id]')) {
  setInterval(() => refresh(part).catch(() => {}), part.dataset.refresh * 1000);
}
enhance(document);
})();`;

export const SCRIPT_HASH = `sha256-${createHash('sha256').update(SCRIPT).digest('base64')}`;
