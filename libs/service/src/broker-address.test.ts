import { expect, it } from 'vitest';
import { brokerAddress } from './broker-address.ts';
import { baseSettings } from './settings.ts';

it('takes user and password from the URL, or from settings of their own', () => {
  const url = 'amqps://old:secret@broker:5671/heddle';
  const of = (env: Record<string, string>) =>
    brokerAddress(baseSettings.parse({ AMQP_URL: url, ...env })).url;
  expect(of({})).toBe(url);
  expect(of({ AMQP_USER: 'gateway', AMQP_PASSWORD: 'a/b@c%' })).toBe(
    'amqps://gateway:a%2Fb%40c%25@broker:5671/heddle',
  );
});
