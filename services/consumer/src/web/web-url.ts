import { z } from 'zod';

const MAX_CHARACTERS = 2_000;

/** A URL that a task may be asked to fetch; which hosts and ports it may lead to is checked when it is. */
export const webUrlSchema = z
  .url({ protocol: /^https?$/, error: 'expected a URL with http: or https:' })
  .max(MAX_CHARACTERS);
