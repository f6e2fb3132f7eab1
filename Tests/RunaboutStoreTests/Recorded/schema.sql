CREATE TABLE autoScalingConfiguration (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 4 AND 32),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  maxConcurrency INTEGER NOT NULL CHECK (maxConcurrency BETWEEN 1 AND 200),
  minSize INTEGER NOT NULL CHECK (minSize BETWEEN 0 AND 25),
  maxSize INTEGER NOT NULL CHECK (maxSize BETWEEN 1 AND 1000),
  stabilizationSeconds INTEGER NOT NULL CHECK (stabilizationSeconds BETWEEN 1 AND 3600),
  createdAt INTEGER NOT NULL,
  deletedAt INTEGER,
  UNIQUE (name, revision),
  CHECK (minSize <= maxSize)
) STRICT;

CREATE TABLE event (
  sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  principal TEXT NOT NULL CHECK (length(principal) > 0),
  kind TEXT NOT NULL CHECK (kind LIKE '%_._%'),
  service TEXT,
  instance TEXT,
  operation TEXT,
  message TEXT NOT NULL
) STRICT;

CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);

CREATE TABLE idempotencyKey (
  principal TEXT NOT NULL,
  "key" TEXT NOT NULL CHECK (length("key") > 0),
  request TEXT NOT NULL,
  service TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
  createdAt INTEGER NOT NULL,
  PRIMARY KEY (principal, "key")
) STRICT;

CREATE TABLE instance (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  service TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  revision TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN (
      'pending', 'creating', 'starting', 'ready', 'frozen', 'draining', 'stopping', 'stopped', 'failed'
    )
  ),
  addressHost TEXT,
  addressPort INTEGER CHECK (addressPort IS NULL OR addressPort BETWEEN 1 AND 65535),
  exitStatus INTEGER,
  exitIsOutOfMemory INTEGER CHECK (exitIsOutOfMemory IS NULL OR exitIsOutOfMemory IN (0, 1)),
  reason TEXT,
  createMilliseconds INTEGER CHECK (createMilliseconds IS NULL OR createMilliseconds >= 0),
  startMilliseconds INTEGER CHECK (startMilliseconds IS NULL OR startMilliseconds >= 0),
  healthyMilliseconds INTEGER CHECK (healthyMilliseconds IS NULL OR healthyMilliseconds >= 0),
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL,
  releasedAt INTEGER,
  CHECK ((addressHost IS NULL) = (addressPort IS NULL)),
  CHECK ((exitStatus IS NULL) = (exitIsOutOfMemory IS NULL)),
  CHECK (releasedAt IS NULL OR state IN ('stopped', 'failed')),
  FOREIGN KEY (revision, service) REFERENCES revision (id, service) ON DELETE CASCADE
) STRICT;

CREATE TABLE manifest (
  digest TEXT NOT NULL PRIMARY KEY CHECK (instr(digest, ':') > 0),
  mediaType TEXT NOT NULL CHECK (length(mediaType) > 0),
  size INTEGER NOT NULL CHECK (size >= 0)
, subject TEXT CHECK (subject IS NULL OR instr(subject, ':') > 0), artifactType TEXT, annotations TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(annotations))) STRICT;

CREATE TABLE manifestReference (
  manifest TEXT NOT NULL REFERENCES manifest (digest) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
  digest TEXT NOT NULL CHECK (instr(digest, ':') > 0),
  PRIMARY KEY (manifest, ordinal)
) STRICT;

CREATE TABLE meta (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL CHECK (epoch >= 0)
) STRICT;

CREATE TABLE operation (
  sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
  service TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  type TEXT NOT NULL CHECK (
    type IN (
      'createService', 'updateService', 'startDeployment', 'pauseService', 'resumeService', 'deleteService'
    )
  ),
  status TEXT NOT NULL CHECK (
    status IN ('pending', 'inProgress', 'succeeded', 'failed', 'rollbackSucceeded')
  ),
  failure TEXT CHECK (failure IS NULL OR json_valid(failure)),
  startedAt INTEGER NOT NULL,
  endedAt INTEGER,
  CHECK ((status IN ('succeeded', 'failed', 'rollbackSucceeded')) = (endedAt IS NOT NULL)),
  CHECK (failure IS NULL OR status IN ('failed', 'rollbackSucceeded'))
) STRICT;

CREATE TABLE repository (
  name TEXT NOT NULL PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 255)
) STRICT;

CREATE TABLE repositoryBlob (
  repository TEXT NOT NULL REFERENCES repository (name) ON DELETE CASCADE,
  digest TEXT NOT NULL CHECK (instr(digest, ':') > 0), touchedAt INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (repository, digest)
) STRICT;

CREATE TABLE repositoryManifest (
  repository TEXT NOT NULL REFERENCES repository (name) ON DELETE CASCADE,
  manifest TEXT NOT NULL REFERENCES manifest (digest) ON DELETE RESTRICT, pushedAt INTEGER NOT NULL DEFAULT 0, touchedAt INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (repository, manifest)
) STRICT;

CREATE TABLE revision (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  service TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  imageName TEXT NOT NULL CHECK (length(imageName) > 0),
  imageDigest TEXT NOT NULL CHECK (instr(imageDigest, ':') > 0),
  configuration TEXT NOT NULL CHECK (json_valid(configuration)),
  createdAt INTEGER NOT NULL,
  UNIQUE (service, number),
  UNIQUE (id, service)
) STRICT;

CREATE TABLE service (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 4 AND 40),
  host TEXT NOT NULL CHECK (length(host) > 0),
  desired TEXT NOT NULL CHECK (desired IN ('running', 'paused', 'deleted')),
  status TEXT NOT NULL CHECK (
    status IN ('operationInProgress', 'running', 'paused', 'createFailed', 'deleteFailed', 'deleted')
  ),
  generation INTEGER NOT NULL CHECK (generation >= 1),
  activeRevision TEXT,
  targetRevision TEXT,
  autoScaling TEXT NOT NULL REFERENCES autoScalingConfiguration (id) ON DELETE RESTRICT,
  createdAt INTEGER NOT NULL,
  updatedAt INTEGER NOT NULL,
  deletedAt INTEGER,
  CHECK ((status = 'deleted') = (deletedAt IS NOT NULL)),
  FOREIGN KEY (activeRevision, id) REFERENCES revision (id, service)
    ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (targetRevision, id) REFERENCES revision (id, service)
    ON DELETE NO ACTION DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE serviceRecord (
  sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  service TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('scaleDecision', 'wake', 'ledgerEntry')),
  at INTEGER NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE tag (
  repository TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
  manifest TEXT NOT NULL,
  PRIMARY KEY (repository, name),
  FOREIGN KEY (repository, manifest) REFERENCES repositoryManifest (repository, manifest) ON DELETE CASCADE
) STRICT;

CREATE INDEX eventService ON event (service, sequence) WHERE service IS NOT NULL;

CREATE INDEX idempotencyKeyCreatedAt ON idempotencyKey (createdAt);

CREATE INDEX idempotencyKeyOperation ON idempotencyKey (operation);

CREATE INDEX idempotencyKeyService ON idempotencyKey (service);

CREATE INDEX instanceRevision ON instance (revision, service);

CREATE INDEX instanceService ON instance (service, createdAt);

CREATE INDEX instanceUnreleased ON instance (service) WHERE releasedAt IS NULL;

CREATE INDEX manifestReferenceDigest ON manifestReference (digest);

CREATE INDEX manifestSubject ON manifest (subject) WHERE subject IS NOT NULL;

CREATE UNIQUE INDEX operationRunning ON operation (service) WHERE endedAt IS NULL;

CREATE INDEX operationService ON operation (service, sequence);

CREATE INDEX repositoryBlobDigest ON repositoryBlob (digest);

CREATE INDEX repositoryManifestManifest ON repositoryManifest (manifest);

CREATE INDEX revisionImage ON revision (imageDigest);

CREATE INDEX serviceActiveRevision ON service (activeRevision) WHERE activeRevision IS NOT NULL;

CREATE INDEX serviceAutoScaling ON service (autoScaling);

CREATE INDEX serviceDeletedAt ON service (deletedAt) WHERE deletedAt IS NOT NULL;

CREATE UNIQUE INDEX serviceHost ON service (host) WHERE deletedAt IS NULL;

CREATE UNIQUE INDEX serviceName ON service (name) WHERE deletedAt IS NULL;

CREATE INDEX serviceRecordService ON serviceRecord (service, kind, sequence);

CREATE INDEX serviceTargetRevision ON service (targetRevision) WHERE targetRevision IS NOT NULL;

CREATE INDEX tagManifest ON tag (repository, manifest);
