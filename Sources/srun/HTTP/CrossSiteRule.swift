import HTTPTypes
import NIOHTTP1

/// Keeps foreign pages from acting through the browser of somebody who has signed in.
///
/// A browser sends the session's cookie whoever asks it to. It also says truthfully in `Origin` which page asked, and
/// it lets a page add a field of its own to a request only when the server it goes to has allowed that, which this
/// server never does. Other programs send no `Origin`, and whoever has the token needs no protection from themselves.
struct CrossSiteRule: Sendable {
    let base: BaseAddress
    let changesSomething: Bool
    let upgrades: Bool

    /// - Throws: ``RequestError`` `bad_origin` or `bad_csrf`.
    func check(_ headers: HTTPHeaders, proof: Access.Proof?) throws(RequestError) {
        guard changesSomething || upgrades else { return }
        let origins = headers["origin"]
        // Compared byte for byte: every cleverer comparison has been got wrong by somebody.
        guard origins.count <= 1, origins.allSatisfy({ $0 == base.origin }) else { throw .badOrigin }
        switch proof {
        case .session where upgrades, .vouched where upgrades:
            guard !origins.isEmpty else { throw .badOrigin }
        default: break
        }
        switch proof {
        case .bearer, nil: return
        case .session, .vouched, .nothing:
            // A form cannot set this field. A page's WebSocket cannot either, so there the origin alone must do.
            guard upgrades || headers["x-srun-csrf"] == ["1"] else {
                throw RequestError(.forbidden, "bad_csrf", "a request that changes something must carry X-Srun-CSRF: 1")
            }
        }
    }
}

extension RequestError {
    fileprivate static let badOrigin = RequestError(
        .forbidden, "bad_origin",
        "this request comes from a page of another server; behind a proxy, see --trusted-proxy")
}
