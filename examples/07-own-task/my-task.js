import { defineTask } from '@heddle/client';
import { quoteInput, quoteResult } from './contract.js';

export const quote = defineTask({
  name: 'shop.quote',
  description: 'What a basket costs, in cents, with a bill as an output.',
  input: quoteInput,
  output: quoteResult,
  timeout: '10s',
  retry: { attempts: 3, delay: '1s' },
  run: async ({ input, output }) => {
    const net = input.items.reduce((sum, { cents, count }) => sum + cents * count, 0);
    const vat = Math.round((net * input.vatPercent) / 100);
    const lines = input.items.map(({ name, cents, count }) => `${count} × ${name}: ${cents * count}`);
    await output('bill.txt', 'text/plain; charset=utf-8', Buffer.from(`${lines.join('\n')}\nVAT: ${vat}\n`));
    return { net, vat, total: net + vat };
  },
});
