/** Tests read the page in English. */
import { begin } from './index';

await begin();
