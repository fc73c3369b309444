import { defineTask } from '@heddle/client';
import { z } from 'zod';

const define = (name: string) => defineTask({ name, input: z.unknown(), run: () => name });

export const first = define('own.first');
export const others = [define('own.second'), define('own.third')];
export const somethingElse = { name: 'own.fourth' };
