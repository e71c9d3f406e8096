import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FrameRelay } from './frame-relay.js';
import { type Framing, SPDY, WEB_SOCKET } from './framing.js';

/** A WebSocket frame of a client (masked) or a server. */
function webSocketFrame(opcode: number, payload: Buffer, mask?: Buffer): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : payload.length < 65_536
        ? Buffer.from([126, payload.length >> 8, payload.length & 0xff])
        : Buffer.from([127, 0, 0, 0, 0, 0, payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff]);
  if (mask !== undefined) length[0] = (length[0] ?? 0) | 0x80;
  const body = mask === undefined ? payload : Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask ?? Buffer.alloc(0), body]);
}

function spdyFrame(isPing: boolean, payload: Buffer): Buffer {
  if (isPing) return Buffer.from('800300060000000400000001', 'hex');
  return Buffer.concat([Buffer.from([0, 0, 0, 1, 0, payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff]), payload]);
}

/** Cuts bytes at the given places, given as fractions of the length. */
function cutAt(bytes: Buffer, places: number[]): Buffer[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((chunk) => chunk.length > 0);
}

async function relay(
  framing: Framing | undefined,
  chunks: Buffer[],
  between: (relay: FrameRelay, index: number) => void = () => undefined,
) {
  const onUse = vi.fn();
  const stream = new FrameRelay(framing, onUse);
  const out: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => out.push(chunk));
  const ended = new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject));
  void ended.catch(() => undefined);
  for (const [index, chunk] of chunks.entries()) {
    stream.write(chunk);
    if (stream.errored !== null) break;
    await new Promise(setImmediate);
    between(stream, index);
  }
  if (stream.errored === null) stream.end();
  await ended;
  return { bytes: Buffer.concat(out), uses: onUse.mock.calls.length };
}

const payloads = fc.array(fc.record({ data: fc.uint8Array({ maxLength: 300 }), long: fc.boolean(), control: fc.boolean() }), {
  maxLength: 8,
});
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe.each([
  [
    'WebSocket',
    WEB_SOCKET,
    (data: Buffer, control: boolean) => webSocketFrame(control ? 9 : 2, control ? data.subarray(0, 125) : data, Buffer.from([1, 2, 3, 4])),
  ],
  ['SPDY', SPDY, (data: Buffer, control: boolean) => spdyFrame(control, data)],
] as const)('%s frames', (_name, framing, toFrame) => {
  const toFrames = (all: { data: Uint8Array; long: boolean; control: boolean }[]) =>
    all.map(({ data, long, control }) => toFrame(Buffer.concat([Buffer.from(data), Buffer.alloc(long ? 70_000 : 0)]), control));

  it('pass byte for byte however they are cut, and count as use unless they are signs of life', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, cuts, async (all, places) => {
        const bytes = Buffer.concat(toFrames(all));
        const result = await relay(framing, cutAt(bytes, places));
        expect(result.bytes.equals(bytes)).toBe(true);
        expect(result.uses).toBe(all.filter(({ control }) => !control).length);
      }),
      { numRuns: 60 },
    );
  });

  it('are never torn by a ping that is put between them', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, cuts, async (all, places) => {
        const frames = toFrames(all);
        const { bytes } = await relay(framing, cutAt(Buffer.concat(frames), places), (stream) => stream.inject(framing.ping));
        let rest = bytes;
        for (const frame of [...frames, undefined]) {
          while (rest.subarray(0, framing.ping.length).equals(framing.ping)) rest = rest.subarray(framing.ping.length);
          if (frame === undefined) break;
          expect(rest.subarray(0, frame.length).equals(frame)).toBe(true);
          rest = rest.subarray(frame.length);
        }
        expect(rest).toHaveLength(0);
      }),
      { numRuns: 60 },
    );
  });

  it("lose the answers to Archon's own pings on their way to the cluster", async () => {
    const pong = framing === SPDY ? SPDY.ping : webSocketFrame(10, Buffer.from('archon'), Buffer.from([9, 8, 7, 6]));
    const foreign =
      framing === SPDY ? spdyFrame(true, Buffer.alloc(0)) : webSocketFrame(10, Buffer.from('other!'), Buffer.from([9, 8, 7, 6]));
    const data = toFrame(Buffer.from('typed'), false);
    const all = Buffer.concat([data, pong, foreign, pong, data]);
    const { bytes } = await relay(
      framing,
      [...all].map((byte) => Buffer.from([byte])),
    );
    expect(bytes).toEqual(Buffer.concat([data, foreign, data]));
  });
});

it('holds what comes after `hold` back until `release`', async () => {
  const stream = new FrameRelay(undefined, () => undefined);
  const out: string[] = [];
  stream.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  stream.write('before');
  await new Promise(setImmediate);
  stream.hold();
  stream.write('after');
  await new Promise(setImmediate);
  expect(out).toEqual(['before']);
  stream.release();
  await new Promise(setImmediate);
  expect(out).toEqual(['before', 'after']);
});

it('refuses frames of an extension that nobody agreed on, such as deflated ones', async () => {
  await expect(relay(WEB_SOCKET, [Buffer.from([0xc2, 0x01, 0x00])])).rejects.toThrow('extension');
});

it('closes a WebSocket with a code and as much of the reason as fits', () => {
  const frame = WEB_SOCKET.close(1008, 'ü'.repeat(100));
  expect([frame[0], frame[1], frame.readUInt16BE(2)]).toEqual([0x88, frame.length - 2, 1008]);
  expect(frame.length).toBeLessThanOrEqual(127);
  expect(frame.subarray(4).toString()).toMatch(/^ü+$/);
});
