/** The application of the quick start: two Pods of the demo image behind a Service. */
const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: hello}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec:
      containers:
        - name: web
          image: archon.local/web:v1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: hello}
spec:
  selector: {app: hello}
  ports: [{port: 80, targetPort: 8080}]`;

/** Shell lines, to be pasted in order: create an application on a cluster, look at it, call it, delete it. */
export function quickStart(archon: { url: string; caFile: string; tokenFile: string }, cluster: string): string {
  const applications = `$URL/acp/v1/kubernetes/${cluster}/namespaces/default/applications`;
  const trust = archon.caFile === '' ? '' : ` --cacert ${quote(archon.caFile)}`;
  const curl = (request: string) => `curl -sS${trust} -H "Authorization: Bearer $TOKEN" ${request}`;
  return `URL=${archon.url}; TOKEN=$(cat ${quote(archon.tokenFile)})

# create: the Application and its resources, all or nothing
${curl(`-H 'Content-Type: application/yaml' "${applications}?name=hello" --data-binary @-`)} <<'EOF'
${MANIFEST}
EOF

# look, until its state is Running
${curl(`"${applications}/hello"`)} | grep -o '"state": *"[A-Za-z]*"'

# call it, through the proxy
${curl(`"$URL/kubernetes/${cluster}/api/v1/namespaces/default/services/hello:80/proxy/"`)}

# delete it
${curl(`-X DELETE "${applications}/hello"`)}
`;
}

const quote = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
