/**
 * Names of the ports on which the offscreen document is asked.
 */

/** Of the extension's own pages, which may use the whole router. */
export const ROUTER_PORT = 'router';
/** Of the helper, which runs beside a web page and may ask for skills, nothing else. */
export const HELPER_PORT = 'helper';
