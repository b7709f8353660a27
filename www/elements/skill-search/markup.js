/**
 * The markup of `<skill-search>`, without a word of any skill: what changes is filled in as text. Ids are those of one shadow
 * root, so several elements of a page do not share them.
 */

import { fragmentOf, inside } from '../markup.js';

const SEARCH = `
  <div id="layout" class="layout">
    <div class="main">
      <search aria-labelledby="label">
        <label id="label" for="query"></label>
        <div class="field" part="field">
          <svg class="lens" viewBox="0 0 24 24" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/></svg>
          <input id="query" part="input" type="text" dir="auto" maxlength="4000" autocomplete="off" autocapitalize="off" spellcheck="false"
            enterkeyhint="search" role="combobox" aria-autocomplete="list" aria-expanded="false" aria-controls="results" aria-describedby="privacy">
          <button id="clear" class="quiet" type="button" hidden>Clear</button>
          <kbd id="hotkey" aria-hidden="true" hidden></kbd>
          <progress id="loading-bar" aria-label="Download" hidden></progress>
        </div>
        <div class="status" part="status">
          <p id="privacy" class="privacy">
            <svg viewBox="0 0 24 24" aria-hidden="true"><rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V7.5a4 4 0 0 1 8 0v3"/></svg>
            <span>Queries stay on this page: nothing you type is sent anywhere.<span id="on-demand" hidden> But parts of the index are fetched
            when they are needed, and from these its host can learn what you look for.</span></span>
          </p>
          <p id="state" class="state" data-state="idle"><span class="dot" aria-hidden="true"></span><span id="state-text"></span></p>
          <p id="loading" class="loading" hidden><span id="loading-text"></span> <button id="loading-cancel" class="quiet" type="button">Cancel</button></p>
        </div>
      </search>

      <div id="banner" class="banner" role="alert" hidden>
        <div>
          <p id="banner-title" class="banner-title"></p>
          <p id="banner-text"></p>
        </div>
        <button id="banner-retry" type="button">Try again</button>
      </div>

      <p id="announcement" class="visually-hidden" role="status"></p>

      <slot id="before"></slot>

      <section id="answer" class="answer" aria-labelledby="answer-title" hidden>
        <div class="answer-head">
          <h2 id="answer-title">Skills</h2>
          <div class="answer-line">
            <p id="answer-stage" class="answer-stage"></p>
            <details id="filter" class="filter" hidden>
              <summary>Risk notes<span id="filter-count"></span></summary>
              <fieldset class="filter-choices"><legend>Hide skills with notes on</legend><div id="filter-categories"></div></fieldset>
            </details>
          </div>
        </div>
        <div id="filter-all" class="nothing" hidden>
          <p id="filter-all-text"></p>
          <button id="filter-clear" class="quiet" type="button">Show them</button>
        </div>
        <ul id="results" class="results" part="list" role="listbox" aria-label="Skills for this task"></ul>
        <p class="keys" aria-hidden="true"><kbd>↑</kbd><kbd>↓</kbd> choose <kbd>Enter</kbd> read the instructions <kbd>Esc</kbd> back</p>
      </section>

      <section id="nothing" class="nothing" hidden>
        <h2>Nothing matches</h2>
        <p id="nothing-text"></p>
      </section>
    </div>

    <dialog id="panel" class="panel" part="panel" aria-labelledby="panel-title">
      <div class="panel-head">
        <h2 id="panel-title" dir="auto" tabindex="-1"></h2>
        <button id="panel-close" class="quiet" type="button" aria-label="Close instructions">Close</button>
      </div>
      <p id="panel-gone" class="gone" role="status"></p>
      <p id="panel-description" class="panel-description" dir="auto"></p>
      <dl id="panel-facts" class="facts"></dl>
      <section id="panel-risks" class="copies" hidden>
        <h3>Worth knowing before you use it</h3>
        <ul id="panel-risk-list"></ul>
      </section>
      <div class="offers">
        <details id="panel-install" class="offer" name="offer"><summary>Install</summary><div id="panel-install-content" class="offer-content"></div></details>
        <details id="panel-compare" class="offer" name="offer"><summary>Compare with…</summary><div id="panel-compare-content" class="offer-content"></div></details>
      </div>
      <section id="panel-match" class="match">
        <h3>Why it matched</h3>
        <p id="panel-legs" class="legs"></p>
        <blockquote id="panel-passage" class="passage" dir="auto" hidden></blockquote>
      </section>
      <section id="panel-copies" class="copies" hidden>
        <h3>The same skill elsewhere</h3>
        <ul id="panel-copy-list"></ul>
      </section>
      <div class="panel-actions">
        <h3>Instructions</h3>
        <button id="panel-copy" class="quiet" type="button" hidden>Copy SKILL.md</button>
      </div>
      <div id="panel-body" class="prose"></div>
    </dialog>
  </div>`;

const OPTION = `
  <li role="option" part="option" aria-selected="false">
    <span class="rank" aria-hidden="true"></span>
    <span class="card">
      <span class="name" part="name" dir="auto"></span>
      <span class="description" part="description" dir="auto"></span>
      <span class="facts-line"></span>
    </span>
    <span class="score">
      <span class="number"></span><span class="bar" aria-hidden="true"><span></span></span> <span class="fit" part="fit" hidden></span>
    </span>
  </li>`;

/** @returns {DocumentFragment} the inside of an element */
export function searchMarkup() {
  return fragmentOf(SEARCH);
}

/** @returns {HTMLElement} an empty option of the list */
export function optionMarkup() {
  return inside(fragmentOf(OPTION), 'li');
}
