/**
 * How wide the elements are in boxes that ask them: those that shrink to what is in them, and those that are narrow.
 */

import { giveRouter, openPage } from './component.js';
import { expect, test } from './page.js';

const TASK = 'turn these receipts into a spreadsheet';
const LIKED_PX = 640;
const LEAST_PX = 288;
const LONG = 'Words of the site that stand beside the element, and would like to have all of the line for themselves. '.repeat(3);

/**
 * `box`: the style of the box, of a certain kind where it says so; `host`: that of the element; `beside`: what stands before and after it;
 * `width`: that of the element in a window of 1000 px, `LIKED_PX` by default.
 */
const BOXES = {
  'a row of flex': { box: { display: 'flex', gap: '1em' }, beside: 'Home' },
  'a row of flex, beside a long text': { box: { display: 'flex' }, beside: LONG, width: LEAST_PX },
  'a column of flex, at the start': { box: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start' } },
  'a column of flex, centred': { box: { display: 'flex', flexDirection: 'column', alignItems: 'center' } },
  'a grid of automatic columns': { box: { display: 'grid', gridTemplateColumns: 'auto auto 1fr' }, beside: 'Home' },
  'a grid that starts its items': { box: { display: 'grid', justifyItems: 'start' } },
  'a grid of the least columns': { box: { display: 'grid', gridTemplateColumns: 'min-content' }, width: LEAST_PX },
  'an inline block': { box: { display: 'inline-block' } },
  'an inline flex': { box: { display: 'inline-flex' } },
  'a float': { box: { float: 'left' } },
  'an absolute box': { box: { position: 'absolute', top: '50px' } },
  'a fixed box': { box: { position: 'fixed', top: '50px' } },
  'min-content': { box: { width: 'min-content' }, width: LEAST_PX },
  'max-content': { box: { width: 'max-content' } },
  'fit-content': { box: { width: 'fit-content' } },
  'a cell': { box: { display: 'table-cell' } },
  'a dialog': { kind: 'dialog' },
  'a popover': { kind: 'popover' },
  'itself an inline block': { host: { display: 'inline-block' } },
  'itself a float': { host: { float: 'right' } },
  'itself absolute': { host: { position: 'absolute', top: '50px' } },
  'itself of fit-content': { host: { width: 'fit-content' } },
  'itself of min-content': { host: { width: 'min-content' }, width: LEAST_PX },
};

/** Puts an element into a box, and measures it. @returns {Promise<{ width: number, overflow: number }>} */
function widthIn(page, name, { kind, box = {}, host = {}, beside = '' }) {
  return page.evaluate(async ({ name, kind, box, host, beside }) => {
    const element = document.createElement(name);
    const place = document.createElement(kind === 'dialog' ? 'dialog' : 'div');
    Object.assign(place.style, box);
    Object.assign(element.style, host);
    const text = () => Object.assign(document.createElement('span'), { textContent: beside });
    place.append(...(beside ? [text(), element, text()] : [element]));
    if (kind === 'popover') place.popover = 'manual';
    document.querySelector('main').append(place);
    if (kind === 'dialog') place.showModal();
    if (kind === 'popover') place.showPopover();
    const { width } = element.getBoundingClientRect();
    const { scrollWidth, clientWidth } = document.documentElement;
    place.remove();
    return { width, overflow: scrollWidth - clientWidth };
  }, { name, kind, box, host, beside });
}

test('a box that shrinks to fit is as wide as the element likes, or needs', async ({ page }) => {
  await openPage(page, '');
  const seen = {};
  const expected = {};
  await page.setViewportSize({ width: 1000, height: 700 });
  for (const [what, box] of Object.entries(BOXES)) {
    const { width } = await widthIn(page, 'skill-search', box);
    seen[what] = Math.round(width);
    expected[what] = box.width ?? LIKED_PX;
  }
  expect(seen).toEqual(expected);
});

test('in a narrow window it is no wider than that, and leaves room beside it', async ({ page }) => {
  await openPage(page, '');
  await page.setViewportSize({ width: 320, height: 700 });
  for (const [what, box] of Object.entries(BOXES).filter(([what]) => what !== 'max-content')) {
    const { width, overflow } = await widthIn(page, 'skill-search', box);
    expect(width, what).toBeGreaterThanOrEqual(160);
    expect(width, what).toBeLessThanOrEqual(320);
    expect(overflow, what).toBe(0);
  }
});

test('a box that is narrower than it likes has it whole', async ({ page }) => {
  await openPage(page, '');
  for (const box of [{ width: '150px' }, { width: '150px', display: 'grid' }, { width: '400px', display: 'flex' }]) {
    const { width } = await widthIn(page, 'skill-search', { box });
    expect(width).toBeLessThanOrEqual(Math.max(parseInt(box.width, 10), box.display ? LEAST_PX : 0));
  }
  const sidebar = await widthIn(page, 'skill-search', { box: { width: '150px', overflow: 'hidden' } });
  expect(sidebar.width).toBe(150);
});

test('its width does not depend on what it shows', async ({ page }) => {
  await openPage(page, '<skill-search></skill-search>');
  const element = page.locator('skill-search');
  await element.evaluate((search) => (search.parentElement.style.width = 'fit-content'));
  const before = await element.boundingBox();
  await giveRouter(page);
  await page.getByRole('combobox').fill(TASK);
  await expect(page.getByRole('option')).toHaveCount(5);
  await page.getByRole('option').first().click();
  await expect(page.locator('#panel-body h3')).toBeVisible();
  const after = await element.boundingBox();
  expect([before.width, after.width]).toEqual([LIKED_PX, LIKED_PX]);
});

test('so it is with one\'s own skills', async ({ page }) => {
  await openPage(page, '');
  await page.evaluate(() => import(new URL('own-skills.js', document.baseURI).href));
  for (const [what, box] of Object.entries(BOXES)) {
    expect((await widthIn(page, 'own-skills', box)).width, what).toBeGreaterThanOrEqual(LEAST_PX);
  }
  await page.setViewportSize({ width: 320, height: 700 });
  for (const [what, box] of Object.entries(BOXES)) expect((await widthIn(page, 'own-skills', box)).overflow, what).toBe(0);
});
