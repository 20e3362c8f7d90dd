import type { HttpServer } from '../http/type-provider.ts';
import type { Services } from './api-services.ts';
import { registerOpenApi } from './openapi.ts';
import { registerExportRoutes } from './routes/export-routes.ts';
import { registerCompletenessRoutes } from './routes/completeness-routes.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import { registerKeyRoutes } from './routes/key-routes.ts';
import { registerLedgerRoutes } from './routes/ledger-routes.ts';
import { registerObserverKeyRoutes } from './routes/observer-key-routes.ts';
import { registerProofRoutes } from './routes/proof-routes.ts';
import { registerRecordRoutes } from './routes/record-routes.ts';
import { registerRetentionRoutes } from './routes/retention-routes.ts';
import { registerSearchRoutes } from './routes/search-routes.ts';
import { registerSessionRoutes } from './routes/session-routes.ts';
import { registerStatusRoutes } from './routes/status-routes.ts';
import { registerTailRoutes } from './routes/tail-routes.ts';
import { registerTokenRoutes } from './routes/token-routes.ts';
import { RECORD_SCHEMA_ID } from './schemas/record-schemas.ts';
import { recordJsonSchema } from './schemas/record-json-schema.ts';

/** Lays every route of the API. The services are asked for at each request, so the routes can be described without any. */
export function registerApi(server: HttpServer, services: Services): void {
  server.addSchema({ ...recordJsonSchema(), $id: RECORD_SCHEMA_ID });
  void server.register(async (scope: HttpServer) => {
    registerSearchRoutes(scope, services);
    registerTailRoutes(scope, services);
    registerRecordRoutes(scope, services);
    registerProofRoutes(scope, services);
    registerLedgerRoutes(scope, services);
    registerKeyRoutes(scope, services);
    registerExportRoutes(scope, services);
    registerStatusRoutes(scope, services);
    registerSessionRoutes(scope, services);
    registerTokenRoutes(scope, services);
    registerRetentionRoutes(scope, services);
    registerObserverKeyRoutes(scope, services);
    registerCompletenessRoutes(scope, services);
    registerHealthRoutes(scope, services);
    registerOpenApi(scope);
  });
}
