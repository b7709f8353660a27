/**
 * Texts of exactly known length, and their token ids: every word here is one token in the vocabulary of BERT.
 */

const WORDS = [
  'time', 'year', 'people', 'way', 'day', 'man', 'thing', 'woman', 'life', 'child', 'world', 'school', 'state', 'family', 'group', 'country',
  'water', 'music', 'paper', 'money', 'code', 'table', 'garden', 'letter', 'road', 'ship', 'bank', 'page', 'river', 'law', 'game', 'bird',
];
/** A text draws on so few words that documents differ in what they are about. */
const N_WORDS_OF_A_TEXT = 4;
const N_QUERY_WORDS = 8;
const N_DESCRIPTION_WORDS = 16;
/** What a pair is longer by than its document alone, which has two of the three special tokens. */
const N_TOKENS_OF_A_QUERY = N_QUERY_WORDS + 1;

/** `word word word …`: with the two special tokens, `n_tokens` long. */
export function textOf(n_tokens) {
  return Array(n_tokens - 2).fill('word').join(' ');
}

/**
 * A query and `n_pairs` different documents whose pairs `[CLS] query [SEP] name | description | body [SEP]` are `n_tokens` long.
 * @returns {{ query: string, documents: { name: string, description: string, body: string }[] }}
 */
export function pairsOf(n_pairs, n_tokens) {
  const words = (n_words, seed) =>
    Array.from({ length: n_words }, (_, i) => WORDS[(seed * N_WORDS_OF_A_TEXT + (i * i + i * seed) % N_WORDS_OF_A_TEXT) % WORDS.length]).join(' ');
  const n_body_words = n_tokens - 3 - N_QUERY_WORDS - 1 - 2 - N_DESCRIPTION_WORDS; // Three special tokens, a name, two bars.
  if (n_body_words < 1) throw new Error(`a pair of ${n_tokens} tokens leaves no room for a body`);
  const documents = Array.from({ length: n_pairs }, (_, i) => ({
    name: WORDS[i % WORDS.length], description: words(N_DESCRIPTION_WORDS, i), body: words(n_body_words, i + 1),
  }));
  return { query: words(N_QUERY_WORDS, 5), documents };
}

/**
 * A query and `n_documents` different documents that are `n_tokens` long, each for itself; those of every turn are others, for an engine
 * that remembers documents.
 * @returns {{ query: string, documents: { name: string, description: string, body: string }[] }}
 */
export function documentsOf(n_documents, n_tokens, turn) {
  const { query, documents } = pairsOf(n_documents, n_tokens + N_TOKENS_OF_A_QUERY);
  const words = [turn, Math.floor(turn / WORDS.length)].map((place) => WORDS[place % WORDS.length]);
  return { query, documents: documents.map((each) => ({ ...each, body: [...words, ...each.body.split(' ').slice(words.length)].join(' ') })) };
}

/** The text of a document as the models of this bench were made to see it. */
export function documentText({ name, description, body }) {
  return `${name} | ${description} | ${body}`;
}

/** Looks words up instead of tokenizing them, so that the other engine needs no tokenizer and none of ours. */
export class Vocabulary {
  #ids;

  constructor(tokenizer_json) {
    this.#ids = tokenizer_json.model.vocab;
  }

  /** The token ids of a text, special tokens included. */
  text(text) {
    return Uint32Array.from([this.#id('[CLS]'), ...this.#words(text), this.#id('[SEP]')]);
  }

  /** The token ids of a pair, and where its second half starts. */
  pair(query, document) {
    const first = [this.#id('[CLS]'), ...this.#words(query), this.#id('[SEP]')];
    return { ids: Uint32Array.from([...first, ...this.#words(document), this.#id('[SEP]')]), second_start: first.length };
  }

  #words(text) {
    return text.split(' ').map((word) => this.#id(word));
  }

  #id(token) {
    const id = this.#ids[token];
    if (id === undefined) throw new Error(`${token} is not one token of this vocabulary`);
    return id;
  }
}
