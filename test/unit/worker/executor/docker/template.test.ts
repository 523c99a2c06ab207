import { describe, expect, it } from 'vitest';
import {
  expandTemplate,
  type TemplateContext,
} from '../../../../../worker/executor/docker/template.ts';

// The part of Go's templates that swarm mode documents for env, hostname and mounts.

const context: TemplateContext = {
  values: new Map([
    ['.Service.Name', 'web'],
    ['.Task.Slot', '3'],
  ]),
  serviceLabels: new Map([
    ['zone', 'eu'],
    ['com.example/x', 'y'],
  ]),
};

describe('expandTemplate', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{ {', '{ {'],
    ['{{.Service.Name}}', 'web'],
    ['a-{{ .Service.Name }}-{{.Task.Slot}}.b', 'a-web-3.b'],
    ['{{.Service.Labels.zone}}', 'eu'],
    ['{{index .Service.Labels "com.example/x"}}', 'y'],
    ['{{index .Service.Labels `zone`}}', 'eu'],
    ['{{index .Service.Labels "none"}}', ''],
    ['a {{- .Task.Slot -}} b', 'a3b'],
    ['{{/* nothing */}}x', 'x'],
    ['{{"{{"}}', '{{'],
    ['{{.Service.Name}}}}', 'web}}'],
  ])('makes %j into %j', (text, expected) => {
    expect(expandTemplate(text, 'env', context)).toBe(expected);
  });

  it.each([
    ['{{.Service.Nam}}', 'expanding env failed: "{{.Service.Nam}}" names nothing that a task has'],
    ['{{.Service.Labels.none}}', 'expanding env failed: the service has no label "none"'],
    ['{{env "HOME"}}', 'expanding env failed: "{{env "HOME"}}" is not supported'],
    ['{{.Task.Slot', 'expanding env failed: unclosed action in "{{.Task.Slot"'],
    ['{{}}', 'expanding env failed: "{{}}" is not supported'],
    ['{{.constructor}}', 'expanding env failed: "{{.constructor}}" names nothing that a task has'],
  ])('refuses %j', (text, message) => {
    expect(() => expandTemplate(text, 'env', context)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message }),
    );
  });
});
