/**
 * Keys that others have a claim to: Escape in a dialog around the element, and the hotkey where somebody writes.
 */

import { giveRouter, openPage } from './component.js';
import { expect, test } from './page.js';

/* global put, shadow -- made in the page by openEditors */

const RISKS = [{ rule: 'remote-code', category: 'supply-chain', title: 'downloads and runs remote code', line: 1, count: 1 }];
const ROUTES = [{ skill_idx: 0, name: 'loader', description: 'Loads.', score: 0.9, risks: RISKS }];

/** The element in a dialog over somebody's page. */
async function openDialog(page) {
  await openPage(page, '<dialog id="around"><skill-search></skill-search></dialog><button id="opener">Search</button>');
  await giveRouter(page, { routes: ROUTES });
  await page.evaluate(() => {
    const around = document.getElementById('around');
    document.getElementById('opener').addEventListener('click', () => around.showModal());
  });
  await page.locator('#opener').click();
  await page.getByRole('combobox').focus();
}

const isOpen = (page) => page.locator('#around').evaluate((around) => around.open);

/** Presses Escape, and says whether the dialog around the element is still open. */
async function escape(page) {
  await page.keyboard.press('Escape');
  return isOpen(page);
}

test('Escape empties the box, and in an empty box it is for the dialog around it', async ({ page }) => {
  await openDialog(page);
  await page.keyboard.type('load');
  expect(await escape(page)).toBe(true);
  await expect(page.getByRole('combobox')).toHaveValue('');
  expect(await escape(page)).toBe(false);
});

for (const [where, width] of [['beside the list', 1280], ['over the page', 500]]) {
  test(`Escape closes instructions ${where}, and nothing else`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await openDialog(page);
    await page.locator('#around').evaluate((around) => Object.assign(around.style, { width: '100%', maxWidth: 'none', boxSizing: 'border-box' }));
    await page.keyboard.type('load');
    await page.getByRole('option').click();
    const panel = page.locator('#panel');
    await expect(panel.locator('#panel-body h3')).toBeVisible();
    expect(await panel.evaluate((dialog) => dialog.matches(':modal'))).toBe(width < 900);
    expect(await escape(page)).toBe(true);
    await expect(panel).toBeHidden();
    await expect(page.getByRole('combobox')).toBeFocused();
    if (width > 900) { // From the box, too.
      await page.getByRole('option').click();
      await page.getByRole('combobox').focus();
      expect(await escape(page)).toBe(true);
      await expect(panel).toBeHidden();
      await expect(page.getByRole('combobox')).toHaveValue('load');
    }
  });
}

test('Escape closes the choice of risks, and nothing else', async ({ page }) => {
  await openDialog(page);
  await page.keyboard.type('load');
  await page.locator('#filter summary').press('Enter');
  await page.keyboard.press('Tab');
  expect(await escape(page)).toBe(true);
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  await expect(page.locator('#filter summary')).toBeFocused();
});

/** Puts something with the focus into the page; what is typed there is not for the element. @type {Record<string, () => void>} */
const EDITORS = {
  'a text box': () => put('<input>'),
  'a text area': () => put('<textarea></textarea>'),
  'a list of choices': () => put('<select><option>a</option></select>'),
  'editable text': () => put('<div contenteditable>a</div>'),
  'plain editable text': () => put('<div contenteditable="plaintext-only">a</div>'),
  'a button in editable text': () => put('<div contenteditable>a <button contenteditable="false">b</button></div>', 'button'),
  'a text box by its role': () => put('<div role="textbox" tabindex="0">a</div>'),
  'a search box by its role': () => put('<div role="SEARCHBOX" tabindex="0">a</div>'),
  'a cell of a table that is edited': () => put('<div role="grid"><div role="row"><span role="gridcell" tabindex="0">1</span></div></div>', 'span'),
  'an application': () => put('<div role="application" tabindex="0">a</div>'),
  'a drawing': () => put('<canvas tabindex="0"></canvas>'),
  'an edit context': () => (put('<div tabindex="0">a</div>').editContext = new EditContext()),
  'a part of an edit context': () => (put('<div tabindex="0"><span tabindex="0">a</span></div>', 'span').parentElement.editContext = new EditContext()),
  'an open shadow tree': () => put('<div></div>', ({ firstChild }) => shadow(firstChild, { mode: 'open' }, '<div contenteditable>a</div>')),
  'a closed shadow tree': () => put('<div></div>', ({ firstChild }) => shadow(firstChild, { mode: 'closed' }, '<textarea></textarea>')),
  'a closed shadow tree that takes the focus': () =>
    put('<div></div>', ({ firstChild }) => shadow(firstChild, { mode: 'closed', delegatesFocus: true }, '<textarea></textarea>')),
  'a closed shadow tree of an element': () =>
    put('<some-editor tabindex="0"></some-editor>', ({ firstChild }) => shadow(firstChild, { mode: 'closed' }, '<div contenteditable>a</div>')),
  'a closed tree in an open one': () =>
    put('<div></div>', ({ firstChild }) => shadow(shadow(firstChild, { mode: 'open' }, '<div></div>'), { mode: 'closed' }, '<input>')),
  'a page that is edited': () => (document.designMode = 'on'),
};

/** What has the focus and does not write. @type {Record<string, () => void>} */
const OTHERS = {
  'nothing': () => document.activeElement?.blur(),
  'a link': () => put('<a href="#">a</a>'),
  'a button': () => put('<button>a</button>'),
  'a part of the page': () => put('<section tabindex="-1">a</section>'),
  'a button in an open shadow tree': () => put('<div></div>', ({ firstChild }) => shadow(firstChild, { mode: 'open' }, '<button>a</button>')),
  'an element': () => put('<some-card tabindex="0"></some-card>', ({ firstChild }) => (firstChild.attachShadow({ mode: 'open' }), firstChild)),
};

/** Makes the functions above known in the page. */
async function openEditors(page) {
  await openPage(page, '<skill-search></skill-search><div id="place"></div>');
  await giveRouter(page);
  await page.evaluate(() => {
    window.put = (html, find = ':first-child') => {
      const place = document.getElementById('place');
      place.innerHTML = html;
      const found = typeof find === 'string' ? place.querySelector(find) : find(place);
      found.focus();
      return found;
    };
    window.shadow = (host, options, html) => {
      const root = host.attachShadow(options);
      root.innerHTML = html;
      return root.firstChild;
    };
  });
}

/** Presses the hotkey there, and says whether the element took it. */
async function press(page, act) {
  await page.evaluate(act);
  await page.keyboard.press('/');
  const taken = await page.evaluate(() => document.activeElement.localName === 'skill-search');
  await page.evaluate(() => {
    document.designMode = 'off';
    document.querySelector('skill-search').shadowRoot.activeElement?.blur();
  });
  return taken;
}

test('the hotkey stays where somebody writes', async ({ page }) => {
  await openEditors(page);
  const taken = {};
  for (const [what, act] of Object.entries(EDITORS)) taken[what] = await press(page, `(${act})()`);
  expect(Object.keys(taken).filter((what) => taken[what])).toEqual([]);
});

test('the hotkey is the element\'s where nobody does', async ({ page }) => {
  await openEditors(page);
  const taken = {};
  for (const [what, act] of Object.entries(OTHERS)) taken[what] = await press(page, `(${act})()`);
  expect(Object.keys(taken).filter((what) => !taken[what])).toEqual([]);
});

test('the hotkey stays in a frame', async ({ page }) => {
  await openEditors(page);
  await page.evaluate(() => {
    const frame = document.getElementById('place').appendChild(document.createElement('iframe'));
    frame.contentDocument.body.append(frame.contentDocument.createElement('textarea'));
    frame.contentDocument.querySelector('textarea').focus();
  });
  await page.keyboard.press('/');
  expect(await page.evaluate(() => document.querySelector('iframe').contentDocument.querySelector('textarea').value)).toBe('/');
  await expect(page.getByRole('combobox')).not.toBeFocused();
});
