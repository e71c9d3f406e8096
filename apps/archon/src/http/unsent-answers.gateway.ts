import type http from 'node:http';

/**
 * Has a server close its idle connections only while no complete answer waits to be sent. Node takes a connection for idle as soon as its
 * answer is complete, and what is not sent by then is lost: the end of a long answer, or the last event of a watch. Whoever wants all of
 * them closed asks again.
 */
export function keepUnsentAnswers(server: http.Server): void {
  const open = new Set<http.ServerResponse>();
  server.on('request', (_request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
  });
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    for (const response of open) if (response.writableEnded) return;
    closeIdle();
  };
}
