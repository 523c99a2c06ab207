import type { Assignment } from '../../../proto/gen/dispatcher.ts';

/** Labels that swarm mode puts on a task's container; adoption and events go by them. */
export const taskLabels = {
  nodeId: 'com.docker.swarm.node.id',
  serviceId: 'com.docker.swarm.service.id',
  serviceName: 'com.docker.swarm.service.name',
  task: 'com.docker.swarm.task',
  taskId: 'com.docker.swarm.task.id',
  taskName: 'com.docker.swarm.task.name',
} as const;

/** `<service>.<slot>.<task id>`, with the node id for the slot of a global service. Also the name of the container. */
export function taskName(assignment: Assignment, nodeId: string): string {
  const slot = assignment.slot === 0 ? nodeId : String(assignment.slot);
  return `${assignment.serviceName}.${slot}.${assignment.taskId}`;
}
