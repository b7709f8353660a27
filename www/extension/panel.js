/**
 * The side panel, and the same page in a tab: the search, asked also by the context menu and the address bar.
 */

import { takeQuestions } from './questions.js';
import { startSearch } from './search-page.js';

const search = startSearch();
await takeQuestions((text) => search.ask(text.replace(/\s+/g, ' ').trim()));
