import { KnownControl } from '@heddle/client';
import { describe, expect, it } from 'vitest';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { refuseStart } from './refuse-start.ts';

const control = new KnownControl();
control.hear({ type: 'cancel', job: 'cancelled-1' });

function refuse(job: Parameters<typeof someJob>[0], options: { isolated?: boolean; returns?: object } = {}) {
  const { isolated = false, returns } = options;
  const full = someJob(job);
  const message = received(full, { redelivered: returns !== undefined });
  const properties = { ...message.properties, headers: { ...message.properties.headers, ...returns } };
  return refuseStart({ isolated, control }, holdDelivery({ ...message, properties }), full);
}

describe('refuseStart', () => {
  it('lets a job begin of which nothing is known', () => {
    expect(refuse({ deadline: Date.now() + 10_000 })).toBeUndefined();
  });

  it('ends what is cancelled, by its own id or by that of its batch', () => {
    const cancelled = { state: 'cancelled', error: { code: 'cancelled' } };
    expect(refuse({ id: 'cancelled-1' })).toMatchObject(cancelled);
    expect(refuse({ batch: { id: 'cancelled-1', index: 3 } })).toMatchObject(cancelled);
  });

  it('ends what comes after its deadline', () => {
    expect(refuse({ deadline: Date.now() - 1 })).toMatchObject({ state: 'expired' });
  });

  it('gives a suspect up at its third crash', () => {
    const suspect = (count: number) => refuse({}, { isolated: true, returns: { 'x-delivery-count': count } });
    expect(suspect(1)).toBeUndefined();
    expect(suspect(2)).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  });

  it('counts no crash where the broker handed it out again and nobody was lost', () => {
    const returns = { 'x-acquired-count': 9 };
    expect(refuse({ crashes: 2 }, { isolated: true, returns })).toBeUndefined();
    const lost = { ...returns, 'x-delivery-count': 2 };
    expect(refuse({}, { isolated: true, returns: lost })).toMatchObject({ state: 'dead' });
  });

  it('counts nothing against a job in its own queue', () => {
    expect(refuse({}, { returns: { 'x-delivery-count': 9 } })).toBeUndefined();
  });
});
