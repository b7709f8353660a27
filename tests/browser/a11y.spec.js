/**
 * axe-core over every state of the page, in both colour schemes.
 */

import { AxeBuilder } from '@axe-core/playwright';
import { expect, NO_RERANKER, test } from './page.js';
import { alwaysFits, changeRouting, FITS } from './tampering.js';

// A list that fades in has every contrast on its way: what is judged is what stands there.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

async function expectNoViolations(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}

for (const colorScheme of ['light', 'dark']) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('before and after a question, with instructions', async ({ demo, page }) => {
      await demo.open();
      await page.locator('#device summary').click();
      await expect(page.locator('#device-rows tr').first()).toBeVisible();
      await expectNoViolations(page);
      await demo.ask('make our slow SQL report faster');
      await demo.expectReranked();
      await page.keyboard.press('ArrowDown');
      await expectNoViolations(page);
      await page.keyboard.press('Enter');
      await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
      await expectNoViolations(page);
    });

    test('while loading, and with an error', async ({ demo, page, site }) => {
      site.route('**/weights-*', () => {});
      await demo.open('words');
      await expect(page.locator('#loading')).toBeVisible();
      await expectNoViolations(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await expect(demo.banner).toBeVisible();
      await expectNoViolations(page);
    });

    test('on a narrow screen with the panel over the page', async ({ demo, page }) => {
      await page.setViewportSize({ width: 360, height: 740 });
      await demo.open();
      await demo.ask('explain my blood test in plain words');
      await demo.expectReranked();
      await demo.options.first().click();
      await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
      await expectNoViolations(page);
    });

    test('with a re-ranked list', async ({ demo, page }) => {
      await demo.open('ready', '?reranker=tiny-bert-pair');
      await demo.ask('plan a wedding', 'reranked');
      await expect(page.locator('#answer-stage')).toHaveText('re-ranked 20 of 20');
      await expectNoViolations(page);
    });

    test('whatever is said of the fit', async ({ demo, page, site }) => {
      test.slow(); // It opens the page for each word.
      let word;
      changeRouting(site, (routing) => (routing.calibration = alwaysFits(FITS[word])));
      for (word of Object.keys(FITS)) {
        await demo.open('ready', NO_RERANKER);
        await demo.ask('plan a wedding');
        await expect(page.locator('#answer')).toHaveAttribute('data-fit', word);
        await expectNoViolations(page);
        await demo.options.first().click();
        await expect(demo.panel.locator('#panel-body h3').first()).toBeVisible();
        await expectNoViolations(page);
      }
    });

    test('the bench page', async ({ page }) => {
      await page.goto('bench.html?scan=1000&runs=2&tokens=none');
      await expect(page.locator('#status')).toContainText('Done');
      await expectNoViolations(page);
    });
  });
}
