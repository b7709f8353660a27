/**
 * The markup of `<own-skills>`, without a word of any skill: names of sources and files are filled in as text.
 */

import { fragmentOf, inside } from '../markup.js';

const PANEL = `
  <section class="panel" part="panel" aria-labelledby="title">
    <h2 id="title">Your own skills</h2>
    <p class="privacy" id="privacy">
      <svg viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3"/></svg>
      They are read and searched in this browser, and stay on this device until you delete them. Nothing is uploaded.
    </p>

    <div id="drop" class="drop" part="drop">
      <p>Drop a folder, a zip file or a SKILL.md here</p>
      <div class="buttons">
        <button id="choose-folder" type="button" aria-describedby="privacy">Choose a folder</button>
        <button id="choose-files" type="button" aria-describedby="privacy">Choose files or a zip</button>
      </div>
    </div>
    <input id="folder-input" type="file" webkitdirectory multiple hidden aria-label="Folder of skills">
    <input id="files-input" type="file" accept=".md,.zip,.skill" multiple hidden aria-label="SKILL.md or zip files">

    <div id="question" class="question" role="group" aria-labelledby="question-text" hidden>
      <p id="question-text" dir="auto"></p>
      <div class="buttons">
        <button id="replace" type="button">Read it again</button>
        <button id="keep-both" type="button">Keep both</button>
        <button id="forget-it" class="quiet" type="button">Cancel</button>
      </div>
    </div>

    <div id="work" class="work" hidden>
      <p id="work-text" dir="auto"></p>
      <progress id="work-bar" aria-labelledby="work-text"></progress>
      <button id="cancel" class="quiet" type="button">Cancel</button>
    </div>

    <ul id="outcomes" class="outcomes" aria-label="Result"></ul>
    <p id="reason" class="failed" hidden></p>
    <p id="unfinished" class="unfinished" hidden>The last visit ended while skills were being added. What it had learned is kept: add them again, and it goes on from there.</p>
    <ul id="sources" class="sources" part="sources" aria-label="Sources"></ul>
    <p id="total" class="total" hidden><span id="total-text"></span> <button id="delete-all" class="quiet" type="button" hidden>Delete all</button></p>
    <p id="announcement" class="visually-hidden" role="status"></p>
  </section>`;

const SOURCE = `
  <li>
    <span class="source"><span class="name" dir="auto"></span> <span class="count"></span></span>
    <span class="buttons">
      <button class="again quiet" type="button" hidden>Read again</button>
      <button class="delete quiet" type="button">Delete</button>
    </span>
  </li>`;

const OUTCOME = `
  <li>
    <p dir="auto"></p>
    <details hidden><summary></summary><ul></ul></details>
  </li>`;

/** @returns {DocumentFragment} the inside of an element */
export function panelMarkup() {
  return fragmentOf(PANEL);
}

/** @returns {HTMLElement} an empty row of the list of sources */
export function sourceMarkup() {
  return inside(fragmentOf(SOURCE), 'li');
}

/** @returns {HTMLElement} an empty row of the list of what came of something */
export function outcomeMarkup() {
  return inside(fragmentOf(OUTCOME), 'li');
}
