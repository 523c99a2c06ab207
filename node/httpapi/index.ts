export { createApi } from './api.ts';
export type { ApiParts, ProductFacts } from './parts.ts';
export type { EngineHttp, EngineRequest } from './engine-port.ts';
export type { Caller, Handler, Headers, Request, Response } from './http.ts';
