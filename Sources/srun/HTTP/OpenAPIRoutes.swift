import CWebAssets
import HTTPTypes
import HummingbirdCore
import NIOCore

/// The API, described for programs.
struct OpenAPIRoutes: Sendable {
    /// `docs/openapi.yaml`, as it was when the program was built.
    static var document: ByteBuffer {
        ByteBuffer(bytes: UnsafeBufferPointer(start: srun_openapi_bytes(), count: srun_openapi_size()))
    }

    var all: [Route] {
        [
            .get("/api/openapi.yaml", .view) { _, _ in
                Response(
                    status: .ok, headers: [.contentType: "application/yaml; charset=utf-8"],
                    body: ResponseBody(byteBuffer: Self.document))
            }
        ]
    }
}
