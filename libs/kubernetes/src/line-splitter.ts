/** Splits a byte stream into lines; a line longer than `maxBytes` is an error, so that a hostile cluster can't fill memory. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes = 64 * 1024 * 1024): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      if (end > start) yield rest.slice(start, end);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > maxBytes) throw new Error(`a line is longer than ${maxBytes} bytes`);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
