/**
 * The options page: each section is a file of its own.
 */

import { startHelperSection } from './options-helper.js';
import { startIndexSection } from './options-index.js';
import { startKeptSection } from './options-kept.js';
import { startOwnSection } from './options-own.js';

await Promise.all([startIndexSection(), startHelperSection(), startKeptSection(), startOwnSection()]);
