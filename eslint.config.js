/**
 * Faults that can be seen without running anything and without types; types are tsc's (www/tsconfig.*.json).
 */

import js from '@eslint/js';
import globals from 'globals';

export default [
  { ignores: ['target/', 'pkg/', 'node_modules/', '.venv*/', 'tests/bench/ort/node_modules/', '**/*.ts'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'array-callback-return': 'error',
      eqeqeq: 'error',
      'no-constructor-return': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-globals': ['error', 'event', 'length', 'name', 'parent', 'status', 'top'], // A window has them: they are missing imports as a rule.
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-unreachable-loop': 'error',
      'no-unused-vars': ['error', { args: 'after-used', ignoreRestSiblings: true }],
      'no-useless-rename': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  { files: ['www/**'], rules: { 'no-undef': 'off' } }, // Which names there are on a thread is known to tsc.
  {
    files: ['tests/**', 'eslint.config.js'],
    languageOptions: { globals: { ...globals.node, ...globals.browser, chrome: 'readonly' } },
    rules: {
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }], // Playwright reads from it which fixtures are wanted.
      'no-self-assign': ['error', { props: false }], // Elements ask again when their value is set.
    },
  },
];
