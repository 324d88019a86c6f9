-- The newest state of each file of each project, whether the index still holds it or not.
SELECT
    run_id, seen_at, serial, artifact_id, project_id, project, version, filename, sha256, packagetype, python_tag, abi_tag,
    platform_tag, size, upload_time, requires_python, yanked, yanked_reason, status, url, provenance
FROM (
    SELECT
        run_id, seen_at, serial, artifact_id, project_id, project, version, filename, sha256, packagetype, python_tag, abi_tag,
        platform_tag, size, upload_time, requires_python, yanked, yanked_reason, status, url, provenance,
        row_number() OVER (PARTITION BY project_id, project, filename ORDER BY seen_at DESC, serial DESC, run_id DESC) AS newest
    FROM artifacts
) AS states
WHERE newest = 1
