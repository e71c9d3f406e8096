/** A form as the API's documentation shows it; the tests create it as it stands. */
export const APPLICATION_FORM_EXAMPLE = {
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'ApplicationForm',
  metadata: { name: 'shop', annotations: { 'cpaas.io/display-name': 'Web shop' } },
  spec: {
    workload: {
      kind: 'Deployment',
      name: 'web',
      replicas: 2,
      containers: [
        {
          name: 'web',
          image: 'archon.local/web:v1',
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { limits: { cpu: '200m', memory: '64Mi' } },
          readinessProbe: { protocol: 'HTTP', port: 'http', path: '/healthz', initialDelaySeconds: 0, periodSeconds: 5 },
        },
      ],
    },
    services: [{ ports: [{ port: 80, targetPort: 'http' }] }],
    ingresses: [{ rules: [{ host: 'shop.example.org', paths: [{ service: { name: 'web', port: 80 } }] }] }],
  },
};
