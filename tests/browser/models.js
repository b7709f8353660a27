/** A model by itself in a page, on the device of an engine's build: no router, no worker. */

/**
 * @param {import('@playwright/test').Page} page
 * @param {{ class_name: 'Encoder' | 'Reranker', name: string, build: 'cpu' | 'gpu', model_json: string, traits?: object }} model `name`: its folder
 *   beside the site's models, where its other files are; `traits`: what its GPU is taken to be good at
 * @returns {Promise<import('@playwright/test').JSHandle>}
 */
export async function openModel(page, model) {
  await page.goto('bench.html?scan=none&tokens=none');
  return page.evaluateHandle(async ({ class_name, name, build, model_json, traits }) => {
    const engine = await import(`/pkg/${build}/skillrouter.js`);
    await engine.default();
    const device = await engine.Device.open(traits);
    if (device.kind !== build) throw new Error(`the ${build} build has the device ${device.kind}`);
    const model = new engine[class_name](new TextEncoder().encode(model_json), device);
    for (const { file } of model.missing()) {
      model.add_file(file, new Uint8Array(await (await fetch(`/models/${name}/${file}`)).arrayBuffer()));
    }
    await model.finish();
    return model;
  }, model);
}
