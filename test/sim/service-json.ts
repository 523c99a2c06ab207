import { containerPort } from './container-hosts.ts';
import type { ServiceState } from './expected-services.ts';

type Present = Extract<ServiceState, { kind: 'present' }>;

/** The JSON of a service as the CLI sends it. */
export function serviceBody(name: string, state: Present): object {
  const port = {
    Protocol: 'tcp',
    TargetPort: containerPort,
    PublishedPort: state.port,
    PublishMode: 'ingress',
  };
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: state.image, StopGracePeriod: 5_000_000_000 },
      RestartPolicy: { Condition: 'any', Delay: 2_000_000_000 },
      Placement: state.isPlaceable ? {} : { Constraints: ['node.labels.disk==ssd'] },
    },
    Mode: { Replicated: { Replicas: state.replicas } },
    EndpointSpec: { Mode: 'vip', Ports: state.port === 0 ? [] : [port] },
  };
}

/** What a service's JSON says, as far as the model knows it. */
interface ServiceJson {
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly TaskTemplate: {
      readonly ContainerSpec: { readonly Image: string };
      readonly Placement?: { readonly Constraints?: readonly string[] };
    };
    readonly Mode: { readonly Replicated: { readonly Replicas: number } };
    readonly EndpointSpec?: { readonly Ports?: readonly { readonly PublishedPort: number }[] };
  };
}

export function readService(json: unknown): readonly [string, ServiceState] {
  const { Spec: spec } = json as ServiceJson;
  return [
    spec.Name,
    {
      kind: 'present',
      replicas: spec.Mode.Replicated.Replicas,
      image: spec.TaskTemplate.ContainerSpec.Image,
      port: spec.EndpointSpec?.Ports?.[0]?.PublishedPort ?? 0,
      isPlaceable: (spec.TaskTemplate.Placement?.Constraints ?? []).length === 0,
    },
  ];
}

export function versionOf(json: unknown): number {
  return (json as ServiceJson).Version.Index;
}
