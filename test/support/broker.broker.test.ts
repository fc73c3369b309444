import amqp from 'amqplib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVhost, startBroker } from './broker.ts';

describe('a virtual host for a test', () => {
  it('is empty, takes messages, tells of its queues and is gone after its drop', async () => {
    const vhost = await createVhost();
    const connection = await amqp.connect(vhost.url);
    connection.on('error', () => {});
    const channel = await connection.createConfirmChannel();
    expect(await vhost.listQueues()).toEqual([]);
    await channel.assertQueue('letters');
    channel.sendToQueue('letters', Buffer.from('hello'));
    await channel.waitForConfirms();
    expect(await vhost.listQueues()).toEqual([{ name: 'letters', ready: 1, unacked: 0, consumers: 0 }]);
    await connection.close();
    await vhost.drop();
    await expect(amqp.connect(vhost.url)).rejects.toThrow();
  });

  it('closes its own connections and no others', async () => {
    const [ours, theirs] = await Promise.all([createVhost(), createVhost()]);
    onTestFinished(async () => {
      await Promise.all([ours.drop(), theirs.drop()]);
    });
    const [ourConnection, theirConnection] = await Promise.all([
      amqp.connect(ours.url),
      amqp.connect(theirs.url),
    ]);
    ourConnection.on('error', () => {});
    const closed = new Promise((resolve) => ourConnection.once('close', resolve));
    expect(await ours.closeConnections()).toBe(1);
    await closed;
    expect(await theirs.countConnections()).toBe(1);
    await theirConnection.close();
  });
});

describe('a node of a test’s own', () => {
  it('keeps its URL and its durable messages over a kill and a restart, and blocks publishers on its alarm', async () => {
    const broker = await startBroker();
    onTestFinished(() => broker.stop());
    const vhost = await broker.createVhost();
    const before = await amqp.connect(vhost.url);
    before.on('error', () => {});
    const channel = await before.createConfirmChannel();
    channel.on('error', () => {});
    await channel.assertQueue('letters', { durable: true });
    channel.sendToQueue('letters', Buffer.from('hello'), { persistent: true });
    await channel.waitForConfirms();
    await broker.kill();
    await broker.start();

    const after = await amqp.connect(vhost.url);
    const blocked = new Promise((resolve) => after.once('blocked', resolve));
    const unblocked = new Promise((resolve) => after.once('unblocked', resolve));
    const reader = await after.createChannel();
    expect(await reader.get('letters')).not.toBe(false);
    await broker.setMemoryAlarm(true);
    reader.sendToQueue('letters', Buffer.from('more'));
    await blocked;
    await broker.setMemoryAlarm(false);
    await unblocked;
    await after.close();
  });
});
