#version 330

// The dark edge that comes in while the vehicle moves: rings around straight ahead, on a sphere about the head. A vertex says on which
// ring it is (x) and where on it (y).
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform vec2 u_edge_rad;         // where the darkness begins, and where it is complete
in vec4 p3d_Vertex;
out float v_dark;

const float RADIUS_M = 4.0;
const float BEHIND_RAD = 1.9;    // farther out than any lens shows

void main() {
    float ring = p3d_Vertex.x;
    float around = p3d_Vertex.y;
    float off = ring <= 1.0 ? mix(u_edge_rad.x, u_edge_rad.y, ring) : BEHIND_RAD;
    vec3 at = RADIUS_M * vec3(sin(off) * cos(around), cos(off), sin(off) * sin(around));
    v_dark = min(ring, 1.0);
    gl_Position = p3d_ModelViewProjectionMatrix * vec4(at, 1.0);
}
