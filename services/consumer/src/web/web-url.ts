import { expected } from '@heddle/contracts';
import { z } from 'zod';

const MAX_CHARACTERS = 2_000;
const A_URL = 'a URL with http: or https:';

/** A URL that a task may be asked to fetch; which hosts and ports it may lead to is checked when it is. The pattern is what a gateway can check of it. */
export const webUrlSchema = z
  .url({ protocol: /^https?$/, error: expected(A_URL), abort: true })
  .regex(/^\s*[Hh][Tt][Tt][Pp][Ss]?:/, { error: expected(A_URL) })
  .max(MAX_CHARACTERS)
  .meta({ errorMessage: `expected ${A_URL}` });
