#version 330

// A card that fills its region, whatever the camera; v_at is -1..1 right and up.
in vec4 p3d_Vertex;
uniform vec4 u_place;            // left, right, bottom, top of the region, -1..1
out vec2 v_at;

void main() {
    v_at = p3d_Vertex.xz;
    vec2 share = p3d_Vertex.xz * 0.5 + 0.5;
    gl_Position = vec4(mix(u_place.xz, u_place.yw, share), 0.0, 1.0);
}
