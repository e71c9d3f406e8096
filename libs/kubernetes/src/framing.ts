/** How a protocol cuts its bytes into frames: enough to put a frame of our own between two others, and to tell use from signs of life. */
export interface Framing {
  /** Undefined when these first bytes of a frame don't say it yet. */
  headerLength(start: Buffer): number | undefined;
  payloadLength(header: Buffer): number;
  /** A sign of life or an end, no use of the session; at most 125 bytes of payload. */
  isControl(header: Buffer): boolean;
  /** Throws when a frame breaks the protocol. */
  check(header: Buffer): void;
  /** Asks the client for a sign of life. */
  ping: Buffer;
  /** Whether a frame of the client answers `ping`: it is not for the cluster. */
  isPong(frame: Buffer): boolean;
  /** Tells the client that the session is over, and why. */
  close(code: number, reason: string): Buffer;
}

const PING_TEXT = Buffer.from('archon');
const MAX_CONTROL_BYTES = 125;

/** RFC 6455 §5.2. No extension is ever agreed on, so the reserved bits are zero: nothing that a peer sends can inflate. */
export const WEB_SOCKET: Framing = {
  headerLength: (start) => {
    const second = start[1];
    if (second === undefined) return undefined;
    const length = second & 0x7f;
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0);
  },
  payloadLength: (header) => {
    const length = (header[1] ?? 0) & 0x7f;
    return length === 127 ? Number(header.readBigUInt64BE(2)) : length === 126 ? header.readUInt16BE(2) : length;
  },
  isControl: (header) => ((header[0] ?? 0) & 0x08) !== 0,
  check(header) {
    if (((header[0] ?? 0) & 0x07) > 2) throw new Error('a WebSocket frame is of no known kind');
    if (!Number.isSafeInteger(this.payloadLength(header))) throw new Error('a WebSocket frame is longer than can be counted');
    if (((header[0] ?? 0) & 0x70) !== 0) throw new Error('a WebSocket frame uses an extension that was not agreed on');
    if (this.isControl(header) && this.payloadLength(header) > MAX_CONTROL_BYTES) throw new Error('a WebSocket control frame is too long');
  },
  ping: Buffer.concat([Buffer.from([0x89, PING_TEXT.length]), PING_TEXT]),
  isPong: (frame) => {
    if (frame[0] !== 0x8a || frame[1] !== (0x80 | PING_TEXT.length)) return false;
    const mask = frame.subarray(2, 6);
    return PING_TEXT.every((byte, index) => byte === ((frame[6 + index] ?? 0) ^ (mask[index % 4] ?? 0)));
  },
  close: (code, reason) => {
    const text = cut(Buffer.from(reason), MAX_CONTROL_BYTES - 2);
    return Buffer.concat([Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff]), text]);
  },
};

/** An id that no server side counts up to. */
const SPDY_PING = Buffer.from('8003000600000004' + '7ffffffe', 'hex');

/** SPDY/3.1 draft §2.2: a control bit, a type or stream, flags, and a length of 24 bits. Its end (GOAWAY) has no room for a reason. */
export const SPDY: Framing = {
  headerLength: () => 8,
  payloadLength: (header) => header.readUIntBE(5, 3),
  isControl: (header) => header.readUInt16BE(2) === 6 && ((header[0] ?? 0) & 0x80) !== 0 && header.readUIntBE(5, 3) === 4,
  check: () => undefined,
  ping: SPDY_PING,
  isPong: (frame) => frame.equals(SPDY_PING),
  close: () => Buffer.from('8003000700000008' + '00000000' + '00000000', 'hex'),
};

/** UTF-8 cut between two characters. */
function cut(text: Buffer, length: number): Buffer {
  if (text.length <= length) return text;
  let end = length;
  while (((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
