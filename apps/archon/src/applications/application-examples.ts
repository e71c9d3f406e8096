const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'archon.local/web:v1',
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/healthz', port: 8080 } },
          },
        ],
      },
    },
  },
};

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

/** The application of the quick start, as the API's documentation shows it; the tests create it as it stands. */
export const APPLICATION_EXAMPLE = {
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name: 'shop', annotations: { 'cpaas.io/display-name': 'Web shop' } },
  spec: { componentTemplates: [deployment, service] },
};

/** The same kind of thing as YAML: the Application, then its components as documents of their own. */
export const APPLICATION_YAML_EXAMPLE = `apiVersion: app.k8s.io/v1beta1
kind: Application
metadata:
  name: shop
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
`;

export const APPLICATION_PATCH_EXAMPLE = { metadata: { annotations: { 'cpaas.io/display-name': 'The web shop' } } };
