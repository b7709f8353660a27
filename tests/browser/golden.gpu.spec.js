/**
 * The tiny models on the GPU of the page: WebGPU in software.
 */

import { testGolden } from './golden.js';

testGolden(['page'], 'gpu');
