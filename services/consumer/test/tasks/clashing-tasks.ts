import { defineTask } from '@heddle/client';
import { z } from 'zod';

export const alsoFirst = defineTask({ name: 'own.first', input: z.unknown(), run: () => 'another' });
